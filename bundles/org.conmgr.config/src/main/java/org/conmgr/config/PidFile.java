package org.conmgr.config;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

    /** What a conmgr has open and locked, from before it writes its pid file to its end; in a conmgr directory. */
    public static final String LOCK = "data/running";

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
     * Reads the file of a conmgr directory; empty when there is none, or nothing in it: a power failure may leave it so.
     *
     * @throws IOException if it cannot be read or is no pid file; the message names file, line and what was expected
     */
    public static Optional<PidFile> read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException(file + ": larger than " + MAX_BYTES + " bytes");
            }
            String text = Files.readString(file);
            // Some file systems leave zeros in place of what had not reached the disk.
            boolean nothing = text.chars().allMatch(c -> c == 0);
            return nothing ? Optional.empty() : Optional.of(parse(file.toString(), text));
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
        try {
            Files.writeString(temporary, pid + "\n" + directory + "\n" + started.getEpochSecond() + "\n" + port + "\n");
            Files.move(
                    temporary,
                    directory.resolve(NAME),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            // What a full disk leaves of it.
            Files.deleteIfExists(temporary);
        }
    }

    /** The process that wrote it; empty when that is dead, also when its id belongs to another process now. */
    public Optional<ProcessHandle> process() {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(this::wrote);
    }

    private boolean wrote(ProcessHandle process) {
        try {
            // Asked first: when a process started depends on what the clock says now.
            return hasOpen(process, directory.resolve(LOCK));
        } catch (IOException e) {
            // It is another user's, started otherwise than by bin/conmgr, or not on a Linux.
            return process.info()
                    .startInstant()
                    .map(start -> start.isBefore(started.plus(TOLERANCE)))
                    .orElse(true);
        }
    }

    /** @throws IOException if there is no such file, or it cannot be seen what the process has open */
    private static boolean hasOpen(ProcessHandle process, Path file) throws IOException {
        Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        Path descriptors = Path.of("/proc", Long.toString(process.pid()), "fd");
        try (DirectoryStream<Path> each = Files.newDirectoryStream(descriptors)) {
            for (Path descriptor : each) {
                if (isFile(descriptor, key)) {
                    return true;
                }
            }
            return false;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static boolean isFile(Path descriptor, @Nullable Object key) throws IOException {
        try {
            return Objects.equals(
                    key,
                    Files.readAttributes(descriptor, BasicFileAttributes.class).fileKey());
        } catch (NoSuchFileException e) {
            return false; // closed meanwhile
        }
    }
}
