package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.conmgr.config.PidFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cm_ctl stop}. */
@Command(name = "stop", description = "Stops conmgr and waits until its process is gone.")
final class Stop implements Callable<Integer> {
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    enum Mode {
        SMART,
        FAST,
        IMMEDIATE
    }

    private final Surroundings surroundings;

    @Mixin
    private DirectoryOption directoryOption = new DirectoryOption();

    @Mixin
    private TimeLimitOption timeLimit = new TimeLimitOption();

    @Option(
            names = "-m",
            paramLabel = "smart|fast|immediate",
            defaultValue = "fast",
            description = {
                "smart: wait until no application is connected, then stop.",
                "fast: close the connections of all applications, then stop. The default.",
                "immediate: end the process at once."
            })
    private Mode mode = Mode.FAST;

    @Option(names = "-W", description = "Do not wait for the end of the process.")
    private boolean noWait;

    Stop(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        Path directory = directoryOption.directory(surroundings);
        Conmgr conmgr = Conmgr.runningOn(directory);
        Deadline deadline = timeLimit.deadline();
        if (mode == Mode.SMART && conmgr.isRunning()) {
            awaitApplications(conmgr, deadline);
        }
        signal(conmgr);
        if (noWait) {
            return ExitCode.OK;
        }
        if (!conmgr.awaitEnd(deadline.left())) {
            throw new Failure(ExitCode.ERROR, conmgr + " did not end within " + timeLimit);
        }
        removePidFile(directory, conmgr.process().pid());
        surroundings.say("conmgr is stopped");
        return ExitCode.OK;
    }

    private void signal(Conmgr conmgr) throws Failure {
        boolean sent = mode == Mode.IMMEDIATE
                ? conmgr.process().destroyForcibly()
                : conmgr.process().destroy();
        if (!sent && conmgr.process().isAlive()) {
            throw new Failure(ExitCode.ERROR, "could not signal " + conmgr + ": does it belong to another user?");
        }
    }

    /** Until it has no application left, or has ended by itself. */
    private void awaitApplications(Conmgr conmgr, Deadline deadline) throws Failure, InterruptedException {
        int told = -1;
        while (true) {
            int applications = applications(conmgr, deadline.forOneAnswer());
            if (applications == 0) {
                return;
            }
            if (applications != told) {
                surroundings.say("waiting for " + counted(applications) + " to end");
                told = applications;
            }
            if (deadline.isOver()) {
                throw new Failure(ExitCode.ERROR, "not stopped: " + counted(applications) + " after " + timeLimit);
            }
            if (conmgr.awaitEnd(LOOK_EVERY)) {
                return;
            }
        }
    }

    private static String counted(int applications) {
        return applications + " application connection" + (applications == 1 ? "" : "s");
    }

    private static int applications(Conmgr conmgr, Deadline deadline) throws Failure {
        try (ConsoleClient console = conmgr.console(deadline)) {
            return console.query(Status.SHOW_APPLICATIONS).values().size();
        } catch (IOException e) {
            throw new Failure(ExitCode.ERROR, "cannot ask " + conmgr + " for its applications: " + e.getMessage());
        }
    }

    /** One that a killed process has left. */
    private static void removePidFile(Path directory, long pid) throws IOException {
        Optional<PidFile> left = PidFile.read(directory).filter(file -> file.pid() == pid);
        if (left.isPresent()) {
            Files.deleteIfExists(directory.resolve(PidFile.NAME));
        }
    }
}
