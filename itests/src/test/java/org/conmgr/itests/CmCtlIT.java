package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
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
    private int port;

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
    void smartWaitsForApplicationsAndRefusesNewOnesFastTellsThem() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.builder().standbys(0).start()) {
            configure(cluster.primary());
            cmCtl("start");
            try (Connection connection = connect()) {
                Result smart = cmCtl("stop", "-m", "smart", "-t", "1");
                assertThat(smart.exitCode()).as(smart.output()).isEqualTo(1);
                assertThat(smart.output())
                        .contains(
                                "waiting for 1 application connection to end",
                                "it ends when the last application has, and refuses new ones");
                assertThatThrownBy(this::connect)
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("conmgr is stopping");
                assertThat(connection.isValid(5)).isTrue();
                assertThat(cmCtl("status", "--json").output()).contains("\"link\": \"up\"", "\"path\": \"direct\"");
            }
            Await.until("it has ended", () -> cmCtl("status").exitCode() == 3);

            cmCtl("start");
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                Result fast = cmCtl("stop");
                assertThat(fast.exitCode()).as(fast.output()).isZero();
                // Only what conmgr says can have ended it: its loss would not, and the watchdog spares it.
                assertThatThrownBy(() -> statement.execute("select 1")).isInstanceOf(SQLException.class);
                assertThat(connection.isClosed()).isTrue();
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:conmgr://127.0.0.1:" + port + "/postgres?user="
                + EmbeddedInstance.SUPERUSER + "&targetServerType=primary&conmgrLoss=keep");
    }

    @Test
    void reloadTellsTheVerdictOfTheRunningConmgr() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.builder().standbys(0).start()) {
            configure(cluster.primary());
            cmCtl("start");
            Path conf = directory.resolve("conmgr.conf");
            String good = Files.readString(conf);
            // In one step, so that conmgr's own watch finds no half of it.
            replace(conf, good + "heartbeat_interval = 0\nprot = 1\n");
            Result bad = cmCtl("reload");
            assertThat(bad.exitCode()).isEqualTo(1);
            assertThat(bad.output())
                    .contains(
                            "cm_ctl: conmgr.conf is not put into force:",
                            "cm_ctl: conmgr.conf:5: heartbeat_interval: 0 (expected: an integer >= 1",
                            "cm_ctl: conmgr.conf:6: prot: unknown parameter");
            replace(conf, good + "heartbeat_interval = 1\n");
            Result reload = cmCtl("reload");
            assertThat(reload.exitCode()).as(reload.output()).isZero();
            assertThat(reload.output()).contains("conmgr.conf is in force");
            assertThat(Files.readString(directory.resolve("data/log/conmgr.out")))
                    .contains("conmgr.conf applied: heartbeat_interval: ");
        }
    }

    private void replace(Path file, String text) throws IOException, InterruptedException {
        Path whole = Files.writeString(directory.resolve("new.conf"), text);
        if (ROOT) {
            succeed("chown", NOBODY, whole.toString());
        }
        Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING);
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
        port = FreePort.next();
        Files.writeString(
                directory.resolve("conmgr.conf"),
                "port = " + port + "\nbackend_host0 = 127.0.0.1\nbackend_port0 = " + instance.port()
                        + "\nwatchdog_port0 = " + watchdogPort + "\n");
        Files.writeString(
                Files.createDirectory(directory.resolve("etc")).resolve("org.conmgr.watchdog-pg.cfg"),
                "port = " + watchdogPort + "\nurl = " + instance.jdbcUrl("postgres") + "\nuser = "
                        + EmbeddedInstance.SUPERUSER + "\nterminate_on =\n");
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
