package org.conmgr.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
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
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one cluster, claimed by a lock that ends with this JVM. What a killed JVM left behind, its files and
 * its processes, is cleared by the next claim.
 */
final class WorkDirectory implements AutoCloseable {
    private static final String CLAIM = ".conmgr-embedded";

    /** Nobody may take for abandoned what another is just making or removing. */
    private static final String GATE = "lock";

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long MEMORY_ENOUGH = 1L << 30;

    // A lock is the process's, not the channel's: opening and closing the file once more would lose it. So what is
    // claimed is known in all of the JVM: as a bundle this class may be there more than once.
    private static final String CLAIMED = "org.conmgr.embedded.claimed:";

    private final Path path;
    private final boolean temporary;
    private final FileLock lock;

    private WorkDirectory(Path path, boolean temporary, FileLock lock) {
        this.path = path;
        this.temporary = temporary;
        this.lock = lock;
    }

    /** Where binaries are unpacked. */
    static Path binaries() throws IOException {
        return ours(Path.of(System.getProperty("java.io.tmpdir")), "binaries");
    }

    /** Where temporary clusters are: in memory, which is several times as fast, if there is enough of it. */
    static Path clusters() throws IOException {
        boolean enough = Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() >= MEMORY_ENOUGH;
        return ours(enough ? MEMORY : Path.of(System.getProperty("java.io.tmpdir")), "clusters");
    }

    /** A directory of this user's that everyone may read. */
    private static Path ours(Path defaultParent, String name) throws IOException {
        Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        String configured = System.getProperty(EmbeddedBinaries.DIRECTORY);
        Path parent = configured == null ? defaultParent : Path.of(configured);
        // Real, as /proc will show it.
        Path base = parent.toRealPath().resolve("conmgr-postgres-" + uid);
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
        Path parent = clusters();
        return Gate.alone(parent.resolve(GATE), () -> {
            String ours = ProcessHandle.current().pid() + "-";
            try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, Files::isDirectory)) {
                for (Path other : others) {
                    if (!String.valueOf(other.getFileName()).startsWith(ours)) {
                        deleteIfAbandoned(other);
                    }
                }
            }
            Path path = Files.createTempDirectory(parent, ours);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            return claim(path, true).orElseThrow();
        });
    }

    private static void deleteIfAbandoned(Path path) throws IOException {
        Optional<WorkDirectory> abandoned;
        try {
            abandoned = claim(path, true);
        } catch (NoSuchFileException e) {
            return; // somebody has removed it
        }
        if (abandoned.isPresent()) {
            abandoned.get().endServers();
            abandoned.get().release();
        }
    }

    /** This directory, which may be absent, empty or a cluster's that runs no more; it stays when the cluster ends. */
    static synchronized WorkDirectory at(Path directory) throws IOException {
        makeReadable(directory.toAbsolutePath().normalize());
        Path path = directory.toRealPath(); // as /proc will show it
        try (Stream<Path> entries = Files.list(path)) {
            if (entries.findAny().isPresent() && !Files.exists(path.resolve(CLAIM))) {
                throw new EmbeddedPostgresException(
                        path + ": not empty (expected: an empty directory or one that an embedded cluster has left)");
            }
        }
        WorkDirectory claimed = claim(path, false)
                .orElseThrow(() -> new EmbeddedPostgresException(path + ": in use by another embedded cluster"));
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path, entry -> !entry.endsWith(CLAIM))) {
            claimed.endServers();
            for (Path entry : entries) {
                delete(entry);
            }
            return claimed;
        } catch (IOException | RuntimeException e) {
            claimed.close();
            throw e;
        }
    }

    /** Empty when another cluster of this or another JVM has it. */
    private static Optional<WorkDirectory> claim(Path path, boolean temporary) throws IOException {
        if (System.getProperties().putIfAbsent(CLAIMED + path, "") != null) {
            return Optional.empty();
        }
        FileLock lock = null;
        try {
            FileChannel channel =
                    FileChannel.open(path.resolve(CLAIM), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                return Optional.empty();
            }
            return Optional.of(new WorkDirectory(path, temporary, lock));
        } finally {
            if (lock == null) {
                System.clearProperty(CLAIMED + path);
            }
        }
    }

    private void endServers() throws IOException {
        ServerProcess.killUnder(path);
        try (DirectoryStream<Path> instances = Files.newDirectoryStream(path, Files::isDirectory)) {
            for (Path instance : instances) {
                DataDirectory.clearDeadServer(instance.resolve(EmbeddedInstance.DATA));
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
                Gate.alone(path.resolveSibling(GATE), () -> {
                    release();
                    return path;
                });
            } else {
                release();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void release() throws IOException {
        try {
            if (temporary) {
                delete(path);
            }
        } finally {
            try {
                lock.acquiredBy().close();
            } finally {
                System.clearProperty(CLAIMED + path);
            }
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
