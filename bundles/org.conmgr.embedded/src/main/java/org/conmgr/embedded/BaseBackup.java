package org.conmgr.embedded;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Set;

/**
 * Copies the data directory of a running server, as {@code pg_basebackup} does, which the binaries lack. Without WAL:
 * the standby streams it. Without tablespaces: a server that has some is refused.
 */
final class BaseBackup {
    private static final int MAJOR_WITH_NEW_NAMES = 15;

    /** Directories whose content is the running server's alone, but for pg_wal, see above. */
    private static final Set<String> EMPTY = Set.of(
            "pg_wal",
            "pg_dynshmem",
            "pg_notify",
            "pg_replslot",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private static final Set<String> LEFT_OUT =
            Set.of("postmaster.pid", "postmaster.opts", "backup_label", "tablespace_map", "standby.signal");

    private static final Path CONTROL = Path.of("global/pg_control");

    private BaseBackup() {}

    /** Makes the absent directory a copy, with the backup_label that recovery needs. */
    static void copy(EmbeddedInstance source, DataDirectory target) throws IOException, SQLException {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            boolean newNames = connection.getMetaData().getDatabaseMajorVersion() >= MAJOR_WITH_NEW_NAMES;
            statement.execute(
                    newNames ? "select pg_backup_start('copy', true)" : "select pg_start_backup('copy', true, false)");
            copyFiles(source.dataDirectory(), target.path());
            try (ResultSet label = statement.executeQuery("select labelfile, spcmapfile from "
                    + (newNames ? "pg_backup_stop(false)" : "pg_stop_backup(false, false)"))) {
                label.next();
                if (!label.getString("spcmapfile").isBlank()) {
                    throw new EmbeddedPostgresException(source + ": cannot be copied (expected: no tablespaces; it has "
                            + label.getString("spcmapfile").strip() + ")");
                }
                target.write("backup_label", label.getString("labelfile"));
            }
        }
    }

    private static void copyFiles(Path source, Path target) throws IOException {
        Files.walkFileTree(source, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Path relative = source.relativize(directory);
                Files.copy(directory, target.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
                return EMPTY.contains(relative.toString()) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path relative = source.relativize(file);
                if (attributes.isRegularFile()
                        && !LEFT_OUT.contains(relative.toString())
                        && !relative.equals(CONTROL)) {
                    try {
                        Files.copy(file, target.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
                    } catch (NoSuchFileException e) {
                        // Dropped meanwhile: recovery knows.
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        copyControlFile(source.resolve(CONTROL), target.resolve(CONTROL));
    }

    /** Last, as it says how far recovery must go; twice alike, as the server rewrites it in place. */
    private static void copyControlFile(Path source, Path target) throws IOException {
        do {
            Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
        } while (!Arrays.equals(Files.readAllBytes(source), Files.readAllBytes(target)));
    }
}
