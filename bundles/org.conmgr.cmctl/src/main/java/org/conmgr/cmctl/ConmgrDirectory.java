package org.conmgr.cmctl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.conmgr.config.PidFile;
import org.conmgr.config.StopFile;

/** A conmgr directory before a process runs in it: what {@code bin/conmgr} does by shell. */
record ConmgrDirectory(Path home, Path base) {
    /** These name the distribution's own files. What the administrator had changed in them is kept. */
    private static final Set<String> OF_THE_DISTRIBUTION =
            Set.of("config.properties", "jre.properties", "startup.properties", "org.apache.karaf.features.cfg");

    /**
     * Makes and fills it, and takes it for this process.
     *
     * @return what holds it until the process ends
     * @throws Failure if a process runs in it already, or it cannot be written
     */
    FileLock take() throws Failure, IOException {
        try {
            for (String directory : List.of("data/log", "data/tmp", "etc", "deploy")) {
                Files.createDirectories(base.resolve(directory));
            }
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.ERROR, base + " is not writable: give a directory of your own with -D or CMDATA");
        }
        FileLock lock = FileChannel.open(
                        base.resolve(PidFile.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                .tryLock();
        if (lock == null) {
            throw new Failure(ExitCode.ERROR, base + ": a process runs in this directory already");
        }
        try {
            // Meant for an earlier process, whose id may have been this one's.
            StopFile.delete(base);
            follow();
            PidFile.ofThisProcess(base, PidFile.STARTING).write();
            return lock;
        } catch (IOException e) {
            lock.acquiredBy().close();
            throw new Failure(ExitCode.ERROR, base + ": cannot be filled: " + e.getMessage());
        }
    }

    /** Another distribution, or one at another place, starts with a bundle cache and start files of its own. */
    private void follow() throws IOException {
        Path stamp = base.resolve("data/distribution");
        String distribution = distribution();
        if (Files.exists(stamp) && Files.readString(stamp).equals(distribution)) {
            return;
        }
        delete(base.resolve("data/cache"));
        if (!base.equals(home)) {
            for (Path file : files(home.resolve("etc"))) {
                fill(file);
            }
        }
        Files.writeString(stamp, distribution);
    }

    private void fill(Path file) throws IOException {
        Path ours = home.resolve("etc").resolve(file);
        Path theirs = base.resolve("etc").resolve(file);
        if (OF_THE_DISTRIBUTION.contains(file.toString())
                && Files.exists(theirs)
                && Files.mismatch(ours, theirs) >= 0) {
            Path previous = theirs.resolveSibling(file + ".previous");
            Files.move(theirs, previous, StandardCopyOption.REPLACE_EXISTING);
            System.err.println("conmgr: " + theirs + " is replaced by this distribution's; yours: " + previous);
        }
        if (!Files.exists(theirs)) {
            Files.createDirectories(theirs.resolveSibling("."));
            // Gets its name when it is whole: one that is there is never copied again.
            Path whole = theirs.resolveSibling(theirs.getFileName() + ".new");
            Files.deleteIfExists(whole);
            try {
                copy(ours, whole);
                Files.move(whole, theirs, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(whole);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (Files.getFileStore(from).supportsFileAttributeView("posix")) {
            // With its mode, but ours to edit.
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(from);
            mode.add(PosixFilePermission.OWNER_WRITE);
            Files.createFile(to, PosixFilePermissions.asFileAttribute(mode));
        }
        Files.write(to, Files.readAllBytes(from));
    }

    /** Where it is, and the names and sizes of its files. */
    private String distribution() throws IOException {
        CRC32 sum = new CRC32();
        for (String directory : List.of("lib", "system")) {
            Path root = home.resolve(directory);
            for (Path file : files(root)) {
                String line = directory + "/" + file + " " + Files.size(root.resolve(file)) + "\n";
                sum.update(line.getBytes(StandardCharsets.UTF_8));
            }
        }
        return home + "\n" + sum.getValue() + "\n";
    }

    /** Every file below a directory, relative to it. */
    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(directory::relativize)
                    .sorted()
                    .collect(Collectors.toList());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> files = Files.walk(directory)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }
}
