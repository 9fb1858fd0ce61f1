package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.conmgr.config.PidFile;

/** A process that runs on a conmgr directory. */
record Conmgr(ProcessHandle process, PidFile pidFile) {

    /**
     * The one that runs on this directory.
     *
     * @throws Failure if the pid file cannot be understood
     */
    static Optional<Conmgr> on(Path directory) throws Failure {
        try {
            return PidFile.read(directory).flatMap(file -> file.process().map(process -> new Conmgr(process, file)));
        } catch (IOException e) {
            throw new Failure(ExitCode.ERROR, "cannot read the pid file: " + e.getMessage());
        }
    }

    /** @throws Failure with the exit code for "not running" */
    static Conmgr runningOn(Path directory) throws Failure {
        return on(directory)
                .orElseThrow(() -> new Failure(ExitCode.NOT_RUNNING, "no conmgr is running in " + directory));
    }

    /** In words: {@code running}, {@code starting up} or {@code shutting down}. */
    String state() {
        return switch (pidFile.port()) {
            case PidFile.STARTING -> "starting up";
            case PidFile.STOPPING -> "shutting down";
            default -> "running";
        };
    }

    boolean isRunning() {
        return pidFile.port() > 0;
    }

    /** A connection to its console, all of whose answers must have come before the deadline. */
    ConsoleClient console(Deadline deadline) throws IOException {
        return ConsoleClient.open(pidFile.port(), deadline);
    }

    /** Waits for its end; false if it has not come in time. */
    boolean awaitEnd(Duration time) throws InterruptedException {
        try {
            process.onExit().get(time.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return "conmgr (process " + process.pid() + ", " + pidFile.directory() + ")";
    }
}
