package org.conmgr.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one server: the postmaster, a child of ours and so reaped by us, and every {@code postgres} whose
 * working directory is the data directory. The latter also finds what a killed postmaster leaves, and never a zombie.
 */
final class ServerProcess {
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    private final Path data;
    private final List<String> prefix;
    private volatile @Nullable Process postmaster;

    /** @param prefix what to put before the server's command line */
    ServerProcess(Path data, List<String> prefix) {
        this.data = data;
        this.prefix = prefix;
    }

    /**
     * Starts the postmaster and returns its process id.
     *
     * @param launcher a thread that lives as long as the server may: the server gets SIGQUIT when it ends
     */
    long launch(ServerUser user, EmbeddedBinaries binaries, Path log, ExecutorService launcher) throws IOException {
        ProcessBuilder builder = user.server(List.of(binaries.program("postgres"), "-D", data.toString()))
                .directory(data.toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        List<String> command = new ArrayList<>(prefix);
        command.addAll(builder.command());
        builder.command(command);
        try {
            Process process = launcher.submit(builder::start).get();
            postmaster = process;
            return process.pid();
        } catch (RejectedExecutionException e) {
            throw new EmbeddedPostgresException(data + ": its cluster is closed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("interrupted", e);
        } catch (ExecutionException e) {
            throw new EmbeddedPostgresException(data + ": postgres cannot be run", e.getCause());
        }
    }

    boolean isRunning() {
        Process process = postmaster;
        return process != null && process.isAlive();
    }

    /** The postmaster's process id. */
    long pid() {
        Process process = postmaster;
        if (process == null || !process.isAlive()) {
            throw new EmbeddedPostgresException(data + ": the server does not run");
        }
        return process.pid();
    }

    /** Whether the postmaster ended within the limit. */
    boolean awaitEnd(Duration limit) {
        Process process = postmaster;
        try {
            return process == null || process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("interrupted", e);
        }
    }

    /** Every process of the server, the postmaster first. */
    List<Long> pids() {
        List<Long> pids = new ArrayList<>(find(data::equals));
        Process process = postmaster;
        if (process != null && process.isAlive()) {
            pids.remove(process.pid());
            pids.add(0, process.pid());
        }
        return List.copyOf(pids);
    }

    /** Kills the postmaster alone; its children find out by themselves. */
    void killPostmaster() {
        Process process = postmaster;
        if (process != null) {
            process.destroyForcibly();
            if (!awaitEnd(KILL_LIMIT)) {
                throw new EmbeddedPostgresException(data + ": postmaster " + process.pid() + " cannot be killed");
            }
        }
    }

    /** Kills every process and waits until none is left. */
    void killAll() {
        killAll(this::pids, data);
        awaitEnd(KILL_LIMIT);
    }

    /** Stops every process, also those that appear meanwhile, until each is seen stopped. */
    void freeze() {
        Await.until(KILL_LIMIT, () -> data + ": still moving", () -> {
            // The postmaster first: a list made while it can fork may be short of a child.
            boolean complete = isStopped(pid());
            List<Long> moving = (complete ? pids() : List.of(pid()))
                    .stream().filter(pid -> !isStopped(pid)).toList();
            signal("STOP", moving);
            return complete && moving.isEmpty();
        });
    }

    /** Kills every postgres that works somewhere under the directory. */
    static void killUnder(Path directory) {
        killAll(() -> List.copyOf(find(path -> path.startsWith(directory))), directory);
    }

    private interface Pids {
        List<Long> get();
    }

    private static void killAll(Pids pids, Path directory) {
        Await.until(KILL_LIMIT, () -> directory + ": processes cannot be killed: " + pids.get(), () -> {
            List<Long> left = pids.get();
            signal("KILL", left);
            return left.isEmpty();
        });
    }

    /** Sends a signal to all processes at once; one that is gone is no error. */
    static void signal(String signal, Collection<Long> pids) {
        if (pids.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -s " + signal + " \"$@\" || :", "sh"));
        pids.forEach(pid -> command.add(pid.toString()));
        try {
            ServerUser.run(command);
        } catch (IOException e) {
            throw new EmbeddedPostgresException("no signal can be sent", e);
        }
    }

    private static List<Long> find(Predicate<Path> workingDirectory) {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (isPostgresIn(process, workingDirectory)) {
                    found.add(Long.valueOf(String.valueOf(process.getFileName())));
                }
            }
        } catch (IOException e) {
            throw new EmbeddedPostgresException("/proc cannot be read", e);
        }
        return found;
    }

    private static boolean isPostgresIn(Path process, Predicate<Path> workingDirectory) {
        try {
            return workingDirectory.test(Files.readSymbolicLink(process.resolve("cwd")))
                    && String.valueOf(Files.readSymbolicLink(process.resolve("exe"))
                                    .getFileName())
                            .startsWith("postgres"); // "postgres (deleted)" too
        } catch (IOException e) {
            return false; // ended, a zombie, or not ours to look at
        }
    }

    /** Whether the process cannot run: stopped, or gone. */
    private static boolean isStopped(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
        } catch (IOException e) {
            return true;
        }
    }
}
