package org.conmgr.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The file {@code conmgr.pid} of a conmgr directory: which process runs there. Four lines: the process id, the
 * directory, when the process started (seconds since 1970), and its port. {@code bin/conmgr} writes it before the JVM
 * starts, conmgr when its port becomes known or changes and when it shuts down; the end of the process deletes it.
 *
 * @param port where applications reach it; {@link #STARTING} or {@link #STOPPING}
 */
public record PidFile(long pid, Path directory, Instant started, int port) {
    /** The file's name in a conmgr directory. */
    public static final String NAME = "conmgr.pid";

    /** In place of a port: not known yet. */
    public static final int STARTING = 0;

    /** In place of a port: shutting down. */
    public static final int STOPPING = -1;

    private static final int LINES = 4;
    private static final int MAX_BYTES = 8192;

    /** A process with the id that started this much later than the file says is another one: the id was used again. */
    private static final Duration TOLERANCE = Duration.ofSeconds(60);

    public PidFile {
        if (pid < 1) {
            throw new IllegalArgumentException("process id: " + pid + " (expected: >= 1)");
        }
        if (port < STOPPING || port > 65535) {
            throw new IllegalArgumentException("port: " + port + " (expected: -1 to 65535)");
        }
    }

    /** What a process writes of itself. */
    public static PidFile ofThisProcess(Path directory, int port) {
        ProcessHandle self = ProcessHandle.current();
        Instant started = self.info().startInstant().orElseGet(Instant::now);
        return new PidFile(self.pid(), directory, started, port);
    }

    /**
     * Reads the file of a conmgr directory; empty when there is none.
     *
     * @throws IOException if it cannot be read or is no pid file; the message names file, line and what was expected
     */
    public static Optional<PidFile> read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException(file + ": larger than " + MAX_BYTES + " bytes");
            }
            return Optional.of(parse(file.toString(), Files.readString(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static PidFile parse(String name, String text) throws IOException {
        List<String> lines = text.lines().toList();
        if (lines.size() != LINES) {
            throw new IOException(name + ": " + lines.size() + " lines (expected: " + LINES + ")");
        }
        int line = 1;
        try {
            long pid = Long.parseLong(lines.get(0));
            line = 3;
            Instant started = Instant.ofEpochSecond(Long.parseLong(lines.get(2)));
            line = 4;
            return new PidFile(pid, Path.of(lines.get(1)), started, Integer.parseInt(lines.get(3)));
        } catch (NumberFormatException | DateTimeException e) {
            throw new IOException(name + ":" + line + ": " + lines.get(line - 1) + " (expected: a number)", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
    }

    /** Writes it into its directory, whole: a reader sees what was there before or all of this. */
    public void write() throws IOException {
        Path temporary = directory.resolve(NAME + ".new");
        Files.writeString(temporary, pid + "\n" + directory + "\n" + started.getEpochSecond() + "\n" + port + "\n");
        Files.move(
                temporary,
                directory.resolve(NAME),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** The process that wrote it; empty when that is dead, also when its id belongs to a later process now. */
    public Optional<ProcessHandle> process() {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(process -> process.info()
                .startInstant()
                .map(start -> start.isBefore(started.plus(TOLERANCE)))
                .orElse(true));
    }
}
