package org.conmgr.cmctl;

import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code -t}: how long the command waits at most. */
final class TimeLimitOption {
    private static final int DEFAULT_SECONDS = 60;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    private int seconds = DEFAULT_SECONDS;

    @Option(
            names = "-t",
            paramLabel = "SECONDS",
            defaultValue = "" + DEFAULT_SECONDS,
            description = "How long to wait at most. Default: ${DEFAULT-VALUE}.")
    void set(int given) {
        if (given < 1) {
            throw new ParameterException(command.commandLine(), "-t: " + given + " (expected: an integer >= 1)");
        }
        seconds = given;
    }

    Deadline deadline() {
        return Deadline.in(Duration.ofSeconds(seconds));
    }

    @Override
    public String toString() {
        return seconds + " s";
    }
}
