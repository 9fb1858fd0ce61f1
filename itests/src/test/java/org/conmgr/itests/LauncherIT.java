package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code bin/conmgr} over a distribution that the user of the process cannot write: belonging to another user when the
 * tests run as root, without write permissions otherwise.
 */
class LauncherIT {
    private static final Duration BOOT = Duration.ofSeconds(60);
    private static final int STOP_SECONDS = 30;
    private static final String NOBODY = "65534";
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    private static Path work;
    private static Path home;

    private final List<Process> started = new ArrayList<>();
    private Path base;
    /** What the process launched last says. */
    private Path stderr;

    private int port;

    @BeforeAll
    static void unpack() throws Exception {
        // Not below the build directory, which another user may not be able to enter.
        work = Files.createTempDirectory("conmgr-launcher");
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
        home = Files.createDirectory(work.resolve("home"));
        run("tar", "-xzf", System.getProperty("distribution"), "-C", home.toString(), "--strip-components=1");
        run("chmod", "-R", "a-w", home.toString());
    }

    @AfterAll
    static void remove() throws Exception {
        run("chmod", "-R", "u+w", work.toString());
        run("rm", "-rf", work.toString());
    }

    @BeforeEach
    void prepare() throws Exception {
        port = FreePort.next();
        base = Files.createTempDirectory(work, "base");
        stderr = base.resolve("stderr");
        Path etc = Files.createDirectory(base.resolve("etc"));
        Files.writeString(etc.resolve("org.conmgr.listener.cfg"), "port = " + port + "\n");
        if (ROOT) {
            run("chown", "-R", NOBODY + ":" + NOBODY, base.toString());
        }
    }

    @AfterEach
    void kill() {
        started.forEach(Process::destroyForcibly);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(String.join(" ", command))
                .isZero();
    }

    /** Starts the launcher as a user who cannot write the distribution. */
    private Process launch(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (ROOT) {
            command.addAll(List.of("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"));
        }
        command.add(home.resolve("bin/conmgr").toString());
        command.addAll(List.of(arguments));
        stderr = base.resolve("stderr" + started.size());
        ProcessBuilder builder = new ProcessBuilder(command).directory(base.toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(List.of("PATH", "LANG"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.redirectOutput(base.resolve("stdout").toFile())
                .redirectError(stderr.toFile())
                .start();
        started.add(process);
        return process;
    }

    private void awaitListening(Process process) {
        Await.until("port " + port + " accepts", BOOT, () -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("it ended: " + Files.readString(stderr));
            }
            return listens();
        });
    }

    private static void stop(Process process) throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(STOP_SECONDS, TimeUnit.SECONDS))
                .as("ends within " + STOP_SECONDS + " s of SIGTERM")
                .isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void servesAndStopsCleanlyTwice() throws Exception {
        for (int start = 1; start <= 2; start++) {
            Process process = launch("-D", base.toString());
            awaitListening(process);
            stop(process);
        }
        assertThat(base.resolve("stdout")).isEmptyFile();
        assertThat(base.resolve("data/log/karaf.log")).isNotEmptyFile();
    }

    @Test
    void usesAnArchiveOfItsClassesOnceThereIsOneThatFits() throws Exception {
        Path archive = base.resolve("data/conmgr.jsa");
        Process first = launch("-D", base.toString(), "--archive");
        awaitListening(first);
        stop(first);
        assertThat(archive).isNotEmptyFile();

        Process second = launch("-D", base.toString());
        awaitListening(second);
        assertThat(Path.of("/proc/" + second.pid() + "/maps")).content().contains(archive.toString());
        stop(second);

        Files.delete(archive);
        Files.writeString(archive, "of another JVM\n");
        if (ROOT) {
            run("chown", NOBODY, archive.toString());
        }
        Process third = launch("-D", base.toString());
        awaitListening(third);
        stop(third);
        assertThat(base.resolve("stdout")).as("of the last run").isEmptyFile();
        assertThat(stderr).content().doesNotContain("conmgr.jsa", "[warning]");
    }

    @Test
    void runsOnceInOneDirectory() throws Exception {
        Process process = launch("-D", base.toString());
        awaitListening(process);
        Process second = launch("-D", base.toString());
        assertThat(second.waitFor()).isEqualTo(1);
        assertThat(stderr).content().contains(base + ": a process runs in this directory already");
        stop(process);
    }

    @Test
    void refusesToRunInADirectoryItCannotWrite() throws Exception {
        Process process = launch();
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(stderr).content().contains(home.toString(), "not writable", "-D");
    }

    @Test
    void namesAnArgumentItDoesNotKnow() throws Exception {
        Process process = launch("--directory", base.toString());
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(stderr).content().contains("--directory: not an option", "-D DIR");
    }

    @Test
    void replacesStartFilesOfAnotherDistributionAndKeepsWhatWasThere() throws Exception {
        Path startup = base.resolve("etc/startup.properties");
        Files.writeString(startup, "# of an older distribution\n");
        if (ROOT) {
            run("chown", NOBODY, startup.toString());
        }
        Process process = launch("-D", base.toString());
        awaitListening(process);
        stop(process);
        assertThat(startup).hasSameTextualContentAs(home.resolve("etc/startup.properties"));
        assertThat(base.resolve("etc/startup.properties.previous")).content().contains("older distribution");
        assertThat(base.resolve("etc/org.conmgr.listener.cfg")).content().contains(String.valueOf(port));
    }
}
