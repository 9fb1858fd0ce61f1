package org.conmgr.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/** Unpacks a tar.xz of files, directories and symbolic links so that every user may read it, none but us change it. */
final class Archive {
    private Archive() {}

    static void unpack(InputStream compressed, Path directory) throws IOException {
        makeDirectories(directory);
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(compressed))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = directory.resolve(entry.getName()).normalize();
                if (!path.startsWith(directory)) {
                    throw new IOException("entry leads out of the directory: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    makeDirectories(path);
                    continue;
                }
                makeDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else if (entry.isFile()) {
                    Files.copy(tar, path);
                    Files.setPosixFilePermissions(
                            path,
                            PosixFilePermissions.fromString((entry.getMode() & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--"));
                } else {
                    throw new IOException("neither file, directory nor symbolic link: " + entry.getName());
                }
            }
        }
    }

    /** Whatever the umask. */
    private static void makeDirectories(@Nullable Path path) throws IOException {
        if (path != null && !Files.isDirectory(path)) {
            makeDirectories(path.getParent());
            Files.createDirectory(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
