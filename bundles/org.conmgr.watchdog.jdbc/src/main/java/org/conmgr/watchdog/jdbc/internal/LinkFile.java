package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The file that the view reads, in the instance's {@code pg_stat_tmp/}, which base backups and pg_rewind leave out.
 * Written beside it and renamed, so that it is whole at any time.
 */
final class LinkFile implements LinkTarget {
    private final Path file;
    private final Path unfinished;

    /** @param directory the instance's {@code pg_stat_tmp} */
    LinkFile(Path directory) {
        file = directory.resolve("conmgr_watchdog.0.json");
        unfinished = file.resolveSibling("conmgr_watchdog.0.json.unfinished");
    }

    @Override
    public void write(String document) throws IOException {
        // A new file each time: never through a link that somebody has put there.
        Files.deleteIfExists(unfinished);
        Files.writeString(
                unfinished,
                document,
                StandardCharsets.US_ASCII,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE);
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            // The server may run as another user than the watchdog; nobody else gets into the directory.
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-r--r--"));
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void withdraw() throws IOException {
        Files.deleteIfExists(unfinished);
        Files.deleteIfExists(file);
    }

    @Override
    public void close() {
        // holds nothing
    }
}
