package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.EnumSet;
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

    private Passfile() {}

    /**
     * The password for this login.
     *
     * @throws UnusableAccess if the file cannot be read, is open to others than its owner, or has no line that fits
     * @throws SQLException if this host could not read it just now, as without a file descriptor left
     */
    static String password(Path file, String host, String port, String database, String user) throws SQLException {
        try {
            requirePrivate(file);
            for (String line : Files.readAllLines(file)) {
                String password = line.startsWith("#") ? null : match(line, host, port, database, user);
                if (password != null) {
                    return password;
                }
            }
        } catch (NoSuchFileException e) {
            throw new UnusableAccess("passfile: " + file + " (expected: an existing file)");
        } catch (FileSystemException e) {
            if (e instanceof AccessDeniedException) {
                throw unreadable(file, e);
            }
            throw new SQLException("passfile cannot be read:", e);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        throw new UnusableAccess(
                "passfile: " + file + " has no line for " + host + ":" + port + ":" + database + ":" + user);
    }

    private static UnusableAccess unreadable(Path file, IOException e) {
        return new UnusableAccess("passfile: " + file + " cannot be read: " + e);
    }

    private static void requirePrivate(Path file) throws IOException, UnusableAccess {
        if (!Files.getFileStore(file).supportsFileAttributeView("posix")) {
            return;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
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
