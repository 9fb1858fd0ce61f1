package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbandonedClusterTest {
    private final Path files;

    AbandonedClusterTest(@TempDir Path files) {
        this.files = files;
    }

    /** Another JVM: starts a cluster in a directory, freezes its standby, prints the primary's and the standby's pids. */
    static final class Other {
        public static void main(String[] arguments) throws IOException {
            EmbeddedCluster cluster = EmbeddedCluster.builder()
                    .standbys(1)
                    .directory(Path.of(arguments[0]))
                    .start();
            cluster.standbys().get(0).freeze();
            System.out.println(text(cluster.primary().pids()));
            System.out.println(text(cluster.standbys().get(0).pids()));
            System.in.read();
            System.exit(0); // without close: the hook's work
        }

        private static String text(List<Long> pids) {
            return String.join(" ", pids.stream().map(String::valueOf).toList());
        }
    }

    @Test
    void aKilledJvmTakesItsServersWithItAndTheNextStartClearsTheRest() throws Exception {
        Path directory = reachable();
        try {
            Process other = other(directory);
            List<List<Long>> pids = pids(other);
            assertThatThrownBy(
                            () -> EmbeddedCluster.builder().directory(directory).start())
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining("in use by another embedded cluster");
            other.destroyForcibly().waitFor();
            Await.until(Await.LIMIT, () -> "the primary ends with its JVM", () -> pids.get(0).stream()
                    .noneMatch(AbandonedClusterTest::isPostgres));
            assertThat(pids.get(1)).anyMatch(AbandonedClusterTest::isPostgres); // frozen: hears nothing
            String memory = SharedMemory.of(directory.resolve("n2/data"));
            assertThat(SharedMemory.all()).contains(memory);

            try (EmbeddedCluster cluster =
                    EmbeddedCluster.builder().standbys(0).directory(directory).start()) {
                assertThat(pids.get(1)).noneMatch(AbandonedClusterTest::isPostgres);
                assertThat(SharedMemory.all()).doesNotContain(memory);
                assertThat(cluster.primary().dataDirectory()).startsWith(directory);
                assertThat(cluster.primary().query("select 1")).isEqualTo("1");
            }
            assertThat(directory.resolve("n1/log")).exists();
            assertThat(directory.resolve("n2")).doesNotExist();
        } finally {
            WorkDirectory.delete(directory);
        }
    }

    @Test
    void aJvmThatExitsStopsItsServers() throws Exception {
        Path directory = reachable();
        try {
            Process other = other(directory);
            List<List<Long>> pids = pids(other);
            other.getOutputStream().close();
            assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(other.exitValue()).isZero();
            assertThat(pids.stream().flatMap(List::stream)).noneMatch(AbandonedClusterTest::isPostgres);
        } finally {
            WorkDirectory.delete(directory);
        }
    }

    @Test
    void aCloseByAnInterruptedThreadLeavesNothingButTheInterrupt() {
        EmbeddedCluster cluster = EmbeddedCluster.builder().standbys(0).start();
        EmbeddedInstance instance = cluster.primary();
        instance.freeze();
        assertThat(instance.pids()).hasSizeGreaterThan(3);
        try {
            Thread.currentThread().interrupt();
            cluster.close();
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
            assertThat(instance.pids()).isEmpty();
            assertThat(instance.dataDirectory()).doesNotExist();
        } finally {
            Thread.interrupted();
            instance.killAll(); // what a close that fails has left
        }
    }

    @Test
    void anAbandonedTemporaryDirectoryIsRemoved() throws IOException {
        Path clusters = WorkDirectory.clusters();
        Path abandoned = Files.createDirectories(clusters.resolve("0-abandoned/n1/data"));
        Path used;
        try (WorkDirectory first = WorkDirectory.temporary();
                WorkDirectory second = WorkDirectory.temporary()) {
            used = first.path();
            assertThat(used).isNotEqualTo(second.path()).isDirectory();
            assertThat(abandoned).doesNotExist();
        }
        assertThat(used).doesNotExist();
    }

    /** Another JVM: makes and removes temporary directories for a while. */
    public static final class Tourist {
        public static void main(String[] arguments) throws IOException {
            long start = System.nanoTime();
            do {
                try (WorkDirectory directory = WorkDirectory.temporary()) {
                    for (int file = 0; file < 100; file++) {
                        Files.createFile(directory.path().resolve("file" + file));
                    }
                }
            } while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(1500));
        }
    }

    @Test
    void twoJvmsMakeAndRemoveTheirDirectoriesAtOnce() throws Exception {
        String own = "-D" + EmbeddedBinaries.DIRECTORY + "=" + files;
        List<Process> tourists = List.of(jvm(Tourist.class, own), jvm(Tourist.class, own));
        for (Process tourist : tourists) {
            String said = new String(tourist.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(tourist.waitFor()).as(said).isZero();
        }
        try (Stream<Path> left = Files.walk(files)) {
            assertThat(left.filter(Files::isRegularFile)).singleElement().satisfies(file -> assertThat(file)
                    .hasFileName("lock"));
        }
    }

    /** As in a framework beside the class path: each has statics of its own. */
    @Test
    void twoCopiesOfTheClassesInOneJvmMakeAndRemoveTheirDirectoriesAtOnce() throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            classPath.add(Path.of(entry).toUri().toURL());
        }
        URL[] urls = classPath.toArray(URL[]::new);
        try (URLClassLoader other = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            Class<?> copy = other.loadClass(Tourist.class.getName());
            assertThat(copy).isNotSameAs(Tourist.class);
            FutureTask<@Nullable Void> visit = new FutureTask<>(() -> {
                copy.getMethod("main", String[].class).invoke(null, (Object) new String[0]);
                return null;
            });
            Thread tourist = new Thread(visit, "tourist");
            tourist.start();
            Tourist.main(new String[0]);
            visit.get();
        }
    }

    @Test
    void aDirectoryOfSomethingElseIsLeftAlone() throws IOException {
        Path precious = Files.writeString(files.resolve("precious"), "do not lose");
        assertThatThrownBy(() -> EmbeddedCluster.builder().directory(files).start())
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("not empty");
        assertThat(precious).hasContent("do not lose");
    }

    @Test
    void aDirectoryThatTheServersUserCannotReachIsRefused() throws IOException {
        assumeTrue(Files.getAttribute(files, "unix:uid").equals(0), "needs root: else it is the same user");
        assertThatThrownBy(() -> EmbeddedCluster.builder()
                        .directory(files.resolve("inside"))
                        .start())
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("cannot reach it (expected: ");
    }

    /** A directory that the server's user may enter, as JUnit's may not be. */
    private static Path reachable() throws IOException {
        Path directory = Files.createTempDirectory(WorkDirectory.clusters().getParent(), "abandoned");
        return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Process other(Path directory) throws IOException {
        String jars = "-D" + EmbeddedBinaries.JARS + "=" + System.getProperty(EmbeddedBinaries.JARS);
        return jvm(Other.class, jars, directory.toString());
    }

    private static Process jvm(Class<?> main, String option, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                option,
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static List<List<Long>> pids(Process other) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8));
        String first = lines.readLine();
        if (first == null || !first.matches("[0-9 ]+")) {
            throw new AssertionError(first + lines.lines().collect(Collectors.joining("\n")));
        }
        List<List<Long>> pids = List.of(numbers(first), numbers(lines.readLine()));
        assertThat(pids).allSatisfy(each -> assertThat(each).hasSizeGreaterThan(3));
        return pids;
    }

    private static List<Long> numbers(String line) {
        return Arrays.stream(line.split(" ", -1)).map(Long::valueOf).toList();
    }

    private static boolean isPostgres(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .filter(command -> command.endsWith("postgres"))
                .isPresent();
    }
}
