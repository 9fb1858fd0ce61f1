package org.conmgr.cmctl;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command: {@code cm_ctl start | stop | status | reload | register | unregister}. */
@Command(
        name = "cm_ctl",
        description = "Starts, stops and asks the conmgr of a conmgr directory.",
        synopsisSubcommandLabel = "MODE",
        commandListHeading = "%nModes (cm_ctl help MODE tells their options):%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done; status: conmgr is running",
            "1:an error, told on stderr; status: conmgr does not answer (it starts up, shuts down, or hangs)",
            "3:no conmgr is running in the directory",
            "4:there is no such directory"
        },
        subcommands = HelpCommand.class)
final class CmCtl implements Runnable {
    @Spec
    private CommandSpec command = CommandSpec.create();

    private CmCtl() {}

    /** Ends the JVM with one of {@link ExitCode}. */
    public static void main(String[] arguments) throws IOException {
        System.exit(run(Surroundings.ofThisProcess(), arguments));
    }

    static int run(Surroundings surroundings, String... arguments) {
        return run(surroundings, Windows.ofThisComputer(), arguments);
    }

    static int run(Surroundings surroundings, Windows windows, String... arguments) {
        return new CommandLine(new CmCtl())
                .addSubcommand(new Start(surroundings, windows))
                .addSubcommand(new Stop(surroundings, windows))
                .addSubcommand(new Status(surroundings))
                .addSubcommand(new Reload(surroundings))
                .addSubcommand(new Register(surroundings, windows, System.getProperty("java.home")))
                .addSubcommand(new Unregister(surroundings, windows))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(surroundings.out(), true, Charset.defaultCharset()))
                .setErr(new PrintWriter(surroundings.err(), true, Charset.defaultCharset()))
                .setParameterExceptionHandler((e, given) -> misused(surroundings, e))
                .setExecutionExceptionHandler((e, line, result) -> failed(surroundings, e))
                .execute(arguments);
    }

    private static int misused(Surroundings surroundings, ParameterException e) {
        surroundings.say(String.valueOf(e.getMessage()));
        surroundings.say("try \"cm_ctl help\"");
        return ExitCode.ERROR;
    }

    private static int failed(Surroundings surroundings, Exception e) {
        if (e instanceof Failure failure) {
            surroundings.say(String.valueOf(failure.getMessage()));
            return failure.exitCode();
        }
        surroundings.say("internal error: " + e);
        e.printStackTrace(surroundings.err());
        return ExitCode.ERROR;
    }

    @Override
    public void run() {
        throw new ParameterException(
                command.commandLine(), "no mode (expected: start, stop, status, reload, register or unregister)");
    }
}
