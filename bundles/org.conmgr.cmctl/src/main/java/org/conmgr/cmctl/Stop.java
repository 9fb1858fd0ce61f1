package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.conmgr.config.PidFile;
import org.conmgr.config.StopFile;
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
    private final Windows windows;

    @Mixin
    private DirectoryOption directoryOption = new DirectoryOption();

    @Mixin
    private TimeLimitOption timeLimit = new TimeLimitOption();

    @Option(
            names = "-m",
            paramLabel = "smart|fast|immediate",
            defaultValue = "fast",
            description = {
                "smart: refuse new applications, wait until none is connected, then stop.",
                "fast: close the connections of all applications, then stop. The default.",
                "immediate: end the process at once."
            })
    private Mode mode = Mode.FAST;

    @Option(names = "-W", description = "Do not wait for the end of the process.")
    private boolean noWait;

    Stop(Surroundings surroundings, Windows windows) {
        this.surroundings = surroundings;
        this.windows = windows;
    }

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        Path directory = directoryOption.directory(surroundings);
        Conmgr conmgr = Conmgr.runningOn(directory);
        Deadline deadline = timeLimit.deadline();
        boolean smart = mode == Mode.SMART && conmgr.isRunning();
        if (smart) {
            ask(conmgr, directory, StopFile.Mode.SMART);
        } else if (mode != Mode.IMMEDIATE && windows.present()) {
            // There a signal would be its end at once.
            ask(conmgr, directory, StopFile.Mode.FAST);
        } else {
            signal(conmgr);
        }
        if (noWait) {
            return ExitCode.OK;
        }
        boolean ended = smart ? awaitApplications(conmgr, deadline) : conmgr.awaitEnd(deadline.left());
        if (!ended) {
            throw new Failure(
                    ExitCode.ERROR,
                    conmgr + " did not end within " + timeLimit
                            + (smart ? "; it ends when the last application has, and refuses new ones" : ""));
        }
        removeFiles(directory, conmgr.process().pid());
        surroundings.say("conmgr is stopped");
        return ExitCode.OK;
    }

    private static void ask(Conmgr conmgr, Path directory, StopFile.Mode how) throws Failure {
        try {
            new StopFile(conmgr.process().pid(), how).write(directory);
        } catch (IOException e) {
            throw new Failure(ExitCode.ERROR, "cannot ask " + conmgr + " to stop: " + e.getMessage());
        }
    }

    private void signal(Conmgr conmgr) throws Failure {
        boolean sent = mode == Mode.IMMEDIATE
                ? conmgr.process().destroyForcibly()
                : conmgr.process().destroy();
        if (!sent && conmgr.process().isAlive()) {
            throw new Failure(ExitCode.ERROR, "could not signal " + conmgr + ": does it belong to another user?");
        }
    }

    /** Waits for its end, and says what that waits for; false if it has not come in time. */
    private boolean awaitApplications(Conmgr conmgr, Deadline deadline) throws InterruptedException {
        int told = 0;
        while (!deadline.isOver()) {
            int applications = applications(conmgr, deadline.forOneAnswer());
            if (applications > 0 && applications != told) {
                surroundings.say("waiting for " + counted(applications) + " to end");
                told = applications;
            }
            if (conmgr.awaitEnd(LOOK_EVERY.compareTo(deadline.left()) < 0 ? LOOK_EVERY : deadline.left())) {
                return true;
            }
        }
        return false;
    }

    private static String counted(int applications) {
        return applications + " application connection" + (applications == 1 ? "" : "s");
    }

    /** How many there are; 0 when it does not answer, perhaps because it is about to end. */
    private static int applications(Conmgr conmgr, Deadline deadline) {
        try (ConsoleClient console = conmgr.console(deadline)) {
            return console.query(Status.SHOW_APPLICATIONS).values().size();
        } catch (IOException e) {
            return 0;
        }
    }

    /** What a killed process has left. */
    private static void removeFiles(Path directory, long pid) throws IOException {
        Optional<PidFile> left = PidFile.read(directory).filter(file -> file.pid() == pid);
        if (left.isPresent()) {
            Files.deleteIfExists(directory.resolve(PidFile.NAME));
        }
        if (StopFile.read(directory).filter(file -> file.pid() == pid).isPresent()) {
            StopFile.delete(directory);
        }
    }
}
