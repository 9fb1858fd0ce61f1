package org.conmgr.cmctl;

import java.io.IOException;
import java.util.regex.Pattern;
import org.conmgr.config.Platform;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code -N}: the name of the service. */
final class ServiceName {
    private static final String DEFAULT = "conmgr";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,80}");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    private String name = DEFAULT;

    @Option(
            names = "-N",
            paramLabel = "NAME",
            defaultValue = DEFAULT,
            description = "The name of the service. Default: ${DEFAULT-VALUE}.")
    void set(String given) {
        if (!NAME.matcher(given).matches()) {
            throw new ParameterException(
                    command.commandLine(),
                    "-N: " + given + " (expected: at most 80 letters, digits, underscores, dots and hyphens)");
        }
        name = given;
    }

    /**
     * The name, on a Windows whose administrator asks.
     *
     * @throws Failure if this is none
     */
    String name(Windows windows) throws Failure, IOException, InterruptedException {
        if (!windows.present()) {
            throw new Failure(
                    ExitCode.ERROR,
                    "services are registered on " + Platform.WINDOWS + " only; for systemd there is a unit in docs/");
        }
        if (!windows.isElevated()) {
            throw new Failure(
                    ExitCode.ERROR,
                    "only an administrator may do this: open the command prompt with \"Run as administrator\"");
        }
        return name;
    }
}
