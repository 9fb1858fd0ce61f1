package org.conmgr.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The file {@code conmgr.stop} of a conmgr directory: asks the process that runs there to stop. Two lines: its process
 * id, and how. Who may write the directory may stop its conmgr, on any platform and without a port.
 *
 * @param pid the process that is meant; another one takes no notice
 */
public record StopFile(long pid, Mode mode) {
    /** How a conmgr stops. */
    public enum Mode {
        /** New applications are refused; it ends when the last one has ended. */
        SMART,
        /** Applications are told and their connections closed; then it ends. */
        FAST
    }

    /** The file's name in a conmgr directory. */
    public static final String NAME = "conmgr.stop";

    private static final int MAX_BYTES = 1024;

    /**
     * Reads the file of a conmgr directory; empty when there is none.
     *
     * @throws IOException if it cannot be read or is no such file; the message says what was expected
     */
    public static Optional<StopFile> read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException(file + ": larger than " + MAX_BYTES + " bytes");
            }
            List<String> lines = Files.readString(file).lines().toList();
            if (lines.size() != 2) {
                throw new IOException(file + ": " + lines.size() + " lines (expected: 2)");
            }
            return Optional.of(new StopFile(
                    Long.parseLong(lines.get(0)), Mode.valueOf(lines.get(1).toUpperCase(Locale.ROOT))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage() + " (expected: a process id, and smart or fast)", e);
        }
    }

    /** Writes it into a conmgr directory, whole. */
    public void write(Path directory) throws IOException {
        Path temporary = directory.resolve(NAME + ".new");
        Files.writeString(temporary, pid + "\n" + mode.name().toLowerCase(Locale.ROOT) + "\n");
        Files.move(
                temporary,
                directory.resolve(NAME),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** Takes the request back, if there is one. */
    public static void delete(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(NAME));
    }
}
