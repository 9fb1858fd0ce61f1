package org.conmgr.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one cluster, claimed by a lock that ends with this JVM. What a killed JVM left behind, its files and
 * its processes, is cleared by the next claim.
 */
final class WorkDirectory implements AutoCloseable {
    private static final String CLAIM = ".conmgr-embedded";

    // A lock is the process's, not the channel's: opening and closing the file once more would lose it.
    private static final Set<Path> CLAIMED = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final boolean temporary;
    private final FileLock lock;

    private WorkDirectory(Path path, boolean temporary, FileLock lock) {
        this.path = path;
        this.temporary = temporary;
        this.lock = lock;
    }

    /** A directory of this user's, under {@code java.io.tmpdir}, that everyone may read. */
    static Path of(String name) throws IOException {
        Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        Path base = Path.of(System.getProperty("java.io.tmpdir"), "conmgr-postgres-" + uid)
                .toAbsolutePath();
        makeReadable(base);
        // In a directory like /tmp somebody else may have been first.
        if (!Files.getAttribute(base, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(uid)) {
            throw new EmbeddedPostgresException(base + ": belongs to another user (expected: uid " + uid + ")");
        }
        Path directory = base.resolve(name);
        makeReadable(directory);
        return directory;
    }

    private static void makeReadable(Path directory) throws IOException {
        try {
            Files.createDirectories(directory.getParent());
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
        }
    }

    /** A new directory that vanishes with its cluster. */
    static WorkDirectory temporary() throws IOException {
        Path parent = of("clusters");
        String ours = ProcessHandle.current().pid() + "-";
        try (Stream<Path> others = Files.list(parent)) {
            for (Path other : (Iterable<Path>) others::iterator) {
                if (!String.valueOf(other.getFileName()).startsWith(ours)) {
                    clearIfAbandoned(other);
                }
            }
        }
        Path path = Files.createTempDirectory(parent, ours);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        FileLock lock = claim(path);
        if (lock == null) {
            throw new EmbeddedPostgresException(path + ": claimed by another JVM");
        }
        return new WorkDirectory(path, true, lock);
    }

    private static void clearIfAbandoned(Path other) throws IOException {
        if (!Files.exists(other.resolve(CLAIM))) {
            return; // just being made
        }
        try (FileLock lock = claim(other)) {
            if (lock != null) {
                ServerProcess.killUnder(other);
                delete(other);
                lock.acquiredBy().close();
            }
        } catch (NoSuchFileException e) {
            // another JVM has cleared it
        } finally {
            CLAIMED.remove(other);
        }
    }

    /** This directory, which may be absent, empty or a cluster's that runs no more; it stays when the cluster ends. */
    static WorkDirectory at(Path directory) throws IOException {
        Path path = directory.toAbsolutePath().normalize();
        makeReadable(path);
        try (Stream<Path> entries = Files.list(path)) {
            if (entries.findAny().isPresent() && !Files.exists(path.resolve(CLAIM))) {
                throw new EmbeddedPostgresException(
                        path + ": not empty (expected: an empty directory or one that an embedded cluster has left)");
            }
        }
        FileLock lock = claim(path);
        if (lock == null) {
            throw new EmbeddedPostgresException(path + ": in use by another embedded cluster");
        }
        ServerProcess.killUnder(path);
        try (Stream<Path> entries = Files.list(path)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                if (!entry.endsWith(CLAIM)) {
                    delete(entry);
                }
            }
        }
        return new WorkDirectory(path, false, lock);
    }

    private static @Nullable FileLock claim(Path path) throws IOException {
        if (!CLAIMED.add(path)) {
            return null;
        }
        FileLock lock = null;
        try {
            FileChannel channel =
                    FileChannel.open(path.resolve(CLAIM), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock = channel.tryLock();
            if (lock == null) {
                channel.close();
            }
            return lock;
        } finally {
            if (lock == null) {
                CLAIMED.remove(path);
            }
        }
    }

    Path path() {
        return path;
    }

    /** Ends the claim; no server may run here any more. */
    @Override
    public void close() {
        try {
            if (temporary) {
                delete(path);
            }
            lock.acquiredBy().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            CLAIMED.remove(path);
        }
    }

    /** Removes a file or a whole directory, if it is there. */
    static void delete(Path root) throws IOException {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw e;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    if (e != null) {
                        throw e;
                    }
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException e) {
            // not there
        }
    }
}
