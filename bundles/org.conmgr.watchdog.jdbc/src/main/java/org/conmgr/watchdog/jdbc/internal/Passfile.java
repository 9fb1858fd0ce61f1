package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A password file as libpq reads it: lines {@code host:port:database:user:password}, the first that fits counts, a field
 * that is just {@code *} fits all, {@code \} takes the next character as it is, {@code #} starts a comment line.
 * The driver has the same for one file of the whole JVM only.
 */
final class Passfile {
    private static final Set<PosixFilePermission> OWNER = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    /** How the system says EMFILE, ENFILE and ENOMEM, where it speaks English. */
    private static final Set<String> LACKS =
            Set.of("Too many open files", "Too many open files in system", "Cannot allocate memory");

    private Passfile() {}

    /**
     * The password for this login.
     *
     * @throws UnusableAccess if the file cannot be read, is open to others than its owner, or has no line that fits
     * @throws NoFile if this host could open no file just now
     */
    static String password(Path file, String host, String port, String database, String user)
            throws UnusableAccess, NoFile {
        try {
            requirePrivate(file);
            for (String line : lines(file)) {
                String password = line.startsWith("#") ? null : match(line, host, port, database, user);
                if (password != null) {
                    return password;
                }
            }
        } catch (NoSuchFileException e) {
            throw new UnusableAccess("passfile: " + file + " (expected: an existing file)");
        } catch (IOException e) {
            throw new UnusableAccess("passfile: " + file + " cannot be read: " + e);
        }
        throw new UnusableAccess(
                "passfile: " + file + " has no line for " + host + ":" + port + ":" + database + ":" + user);
    }

    private static List<String> lines(Path file) throws IOException, NoFile {
        try {
            return Files.readAllLines(file);
        } catch (FileSystemException e) {
            if (isLack(e)) {
                throw new NoFile(e);
            }
            throw e;
        }
    }

    /** Whether a file could not be opened for a lack of this host's own: no file descriptor, no memory. */
    static boolean isLack(FileSystemException e) {
        return LACKS.contains(String.valueOf(e.getReason())) || !givesDescriptors();
    }

    /** Tells a lack in any language, if it lasts. */
    private static boolean givesDescriptors() {
        try (SocketChannel any = SocketChannel.open()) {
            return any.isOpen();
        } catch (IOException e) {
            return false;
        }
    }

    /** Takes no file descriptor, as asking for the file's store would: what fails here is the file's own. */
    private static void requirePrivate(Path file) throws IOException, UnusableAccess {
        PosixFileAttributeView posix = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (posix == null) {
            return;
        }
        PosixFileAttributes attributes = posix.readAttributes();
        if (!attributes.isRegularFile()) {
            throw new UnusableAccess("passfile: " + file + " (expected: a regular file)");
        }
        Set<PosixFilePermission> permissions = attributes.permissions();
        if (!OWNER.containsAll(permissions)) {
            throw new UnusableAccess(
                    "passfile: " + file + " has permissions " + PosixFilePermissions.toString(permissions)
                            + " (expected: none for group and others, as by chmod 0600)");
        }
    }

    private static @Nullable String match(String line, String... login) {
        int at = 0;
        for (String wanted : login) {
            StringBuilder field = new StringBuilder();
            int end = field(line, at, field);
            boolean any = line.startsWith("*:", at);
            if (end == line.length() || (!any && !wanted.contentEquals(field))) {
                return null;
            }
            at = end + 1;
        }
        StringBuilder password = new StringBuilder();
        field(line, at, password);
        return password.toString();
    }

    /** Appends the field that starts there, without its escapes. Returns where it ends: at its colon or the line's end. */
    private static int field(String line, int from, StringBuilder field) {
        int at = from;
        while (at < line.length() && line.charAt(at) != ':') {
            if (line.charAt(at) == '\\' && at + 1 < line.length()) {
                at++;
            }
            field.append(line.charAt(at++));
        }
        return at;
    }
}
