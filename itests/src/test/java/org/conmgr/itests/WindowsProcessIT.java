package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.conmgr.cmctl.ConmgrProcess;
import org.conmgr.config.PidFile;
import org.conmgr.config.StopFile;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process as it is started on Windows, by the command line of {@code bin/conmgr.cmd} and by a service runner, but on
 * this system: what no shell script has prepared works, in a directory with a space in its name.
 */
class WindowsProcessIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final Path base;
    private final Path output;

    WindowsProcessIT(@TempDir Path temporary) throws IOException {
        base = temporary.resolve("a conmgr");
        output = temporary.resolve("output");
        Files.createDirectories(base);
        Files.writeString(
                base.resolve("conmgr.conf"),
                "port = " + FreePort.next() + "\nbackend_host0 = 127.0.0.1\n" + "watchdog_port0 = " + FreePort.next()
                        + "\n");
    }

    @Test
    void theCommandLineOfTheBatchFileServes() throws Exception {
        Process process = start(ConmgrProcess.class, output);
        try {
            Await.until("conmgr has written its port", DEADLINE, () -> runs(process));
            assertThat(base.resolve("etc/startup.properties")).exists();

            Path said = base.resolveSibling("second");
            Process second = start(ConmgrProcess.class, said);
            assertThat(second.waitFor()).isEqualTo(1);
            assertThat(said).content().contains("conmgr: " + base + ": a process runs in this directory already");

            new StopFile(process.pid(), StopFile.Mode.FAST).write(base);
            assertThat(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(base.resolve(PidFile.NAME)).doesNotExist();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void aServiceRunnerStartsAndStopsIt() throws Exception {
        Process process = start(ServiceRunner.class, output);
        try {
            Await.until("conmgr has written its port", DEADLINE, () -> runs(process));
            long start = System.nanoTime();
            process.getOutputStream().close();
            assertThat(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .as("the JVM ends when all threads have")
                    .isTrue();
            System.out.println(
                    "service stopped within " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms");
            assertThat(output).content().contains("stopped: true");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private boolean runs(Process process) throws IOException {
        if (!process.isAlive()) {
            throw new AssertionError("it ended: " + Files.readString(output));
        }
        return PidFile.read(base)
                .filter(file -> file.port() > 0 && file.pid() == process.pid())
                .isPresent();
    }

    /** By the command line of the batch file, but with this main class. */
    private Process start(Class<?> main, Path output) throws Exception {
        List<String> command = command();
        command.set(command.size() - 1, main.getName());
        return new ProcessBuilder(command)
                .directory(base.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private List<String> command() throws Exception {
        Path home = Distribution.unpacked();
        String text = Files.readString(home.resolve("bin/conmgr.cmd"));
        String java = "\"%java%\" ^\r\n";
        String command = text.substring(text.indexOf(java) + java.length()).replace("^\r\n", " ");
        String line = command.lines().findFirst().orElseThrow().trim();
        List<String> words = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        Pattern.compile("\\s+")
                .splitAsStream(line)
                .filter(word -> !word.equals("%JAVA_OPTS%"))
                .map(word -> word.replace("\"", "")
                        .replace('\\', '/')
                        .replace("%home%", home.toString())
                        .replace("%base%", base.toString())
                        .replace("%shell%", "false")
                        .replace("%classpath%", classPath(home)))
                .forEach(words::add);
        return words;
    }

    /** What the batch file puts together, and the tests' own classes. */
    private static String classPath(Path home) {
        List<Path> directories = new ArrayList<>(Stream.of("lib/boot", "lib/jdk9plus", "lib/cm_ctl")
                .map(home::resolve)
                .toList());
        for (String bundle : List.of(
                "org/apache/felix/org.apache.felix.framework",
                "org/conmgr/org.conmgr.config",
                "org/conmgr/org.conmgr.api")) {
            directories.add(home.resolve("system").resolve(bundle));
        }
        String jars = directories.stream()
                .flatMap(directory -> Arrays.stream(jars(directory)))
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        return jars
                + File.pathSeparator
                + ServiceRunner.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath();
    }

    private static Path[] jars(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".jar")).toArray(Path[]::new);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
