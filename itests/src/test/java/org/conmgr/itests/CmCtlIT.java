package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code bin/cm_ctl} as an unprivileged user, on a process that is conmgr and watchdog of one real instance at once.
 */
@NullUnmarked
class CmCtlIT {
    private static final String NOBODY = "65534";
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    /** How a command ended and what it wrote to both streams. */
    private record Result(int exitCode, String output) {}

    private Path work;
    private Path directory;

    @BeforeEach
    void unpack() throws Exception {
        // Not below the build directory, which another user may not be able to enter.
        work = Files.createTempDirectory("cm_ctl");
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = Files.createDirectory(work.resolve("home"));
        succeed("tar", "-xzf", System.getProperty("distribution"), "-C", home.toString(), "--strip-components=1");
        directory = Files.createDirectory(work.resolve("conmgr"));
    }

    @AfterEach
    void remove() throws Exception {
        cmCtl("stop", "-m", "immediate");
        succeed("rm", "-rf", work.toString());
    }

    @Test
    void startsShowsAndStops() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.builder().standbys(0).start()) {
            configure(cluster.primary());

            Result start = cmCtl("start", "--complete");
            assertThat(start.exitCode()).as(start.output()).isZero();
            assertThat(start.output()).contains("conmgr is started (process ");

            Result second = cmCtl("start");
            assertThat(second.exitCode()).isEqualTo(1);
            assertThat(second.output()).contains("another conmgr", "is running");

            Result status = cmCtl("status", "--json");
            assertThat(status.exitCode()).as(status.output()).isZero();
            assertThat(status.output())
                    .contains(
                            "\"state\": \"running\"",
                            "\"instance\": 0",
                            "\"port\": " + cluster.primary().port(),
                            "\"role\": \"primary\"",
                            "\"link\": \"up\"",
                            "\"applications\": []");

            Result stop = cmCtl("stop", "-m", "smart");
            assertThat(stop.exitCode()).as(stop.output()).isZero();
            assertThat(directory.resolve("conmgr.pid")).doesNotExist();
            assertThat(cmCtl("status").exitCode()).isEqualTo(3);
        }
    }

    @Test
    void refusesToStartWhereTooFewFilesMayBeOpen() throws Exception {
        Files.writeString(directory.resolve("conmgr.conf"), "backend_host0 = 127.0.0.1\nmax_connections = 300\n");
        if (ROOT) {
            succeed("chown", "-R", NOBODY + ":" + NOBODY, directory.toString());
        }
        Result start = run(List.of("sh", "-c", "ulimit -n 400; exec \"$0\" \"$@\""), "start");
        assertThat(start.exitCode()).isEqualTo(1);
        assertThat(start.output())
                .contains(
                        "max_connections: 300 with 1 instance takes 502 file descriptors (expected: at most 400",
                        "conmgr is not started");
        assertThat(directory.resolve("conmgr.pid")).doesNotExist();
    }

    private void configure(EmbeddedInstance instance) throws Exception {
        int watchdogPort = FreePort.next();
        Files.writeString(
                directory.resolve("conmgr.conf"),
                "port = " + FreePort.next() + "\nbackend_host0 = 127.0.0.1\nbackend_port0 = " + instance.port()
                        + "\nwatchdog_port0 = " + watchdogPort + "\n");
        Files.writeString(
                Files.createDirectory(directory.resolve("etc")).resolve("org.conmgr.watchdog-pg.cfg"),
                "port = " + watchdogPort + "\nurl = " + instance.jdbcUrl("postgres") + "\nuser = "
                        + EmbeddedInstance.SUPERUSER + "\n");
        if (ROOT) {
            succeed("chown", "-R", NOBODY + ":" + NOBODY, directory.toString());
        }
    }

    private Result cmCtl(String... arguments) throws IOException, InterruptedException {
        return run(List.of(), arguments);
    }

    private Result run(List<String> by, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(by);
        if (ROOT) {
            command.addAll(List.of("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"));
        }
        command.add(work.resolve("home/bin/cm_ctl").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CMDATA", directory.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    private static void succeed(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(String.join(" ", command))
                .isZero();
    }
}
