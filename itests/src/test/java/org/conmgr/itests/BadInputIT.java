package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;

/** What is configured wrongly is named in one clear message each, and everything else works. */
class BadInputIT {
    /** A Welcome of protocol 2.3 and something behind it: frame type, length, versions, one byte more. */
    private static final byte[] WELCOME_OF_ANOTHER_VERSION = {'W', 0, 0, 0, 7, 2, 3, 99};

    @Test
    void eachMistakeHasItsMessageAndTheRestWorks() throws Exception {
        int conmgrPort = FreePort.next();
        int watchdogPort = FreePort.next();
        int lockedOutPort = FreePort.next();
        try (EmbeddedCluster cluster = EmbeddedCluster.builder()
                        .standbys(0)
                        .role("checker", "right")
                        .start();
                ServerSocket stranger = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            answerAsAnotherVersion(stranger);
            EmbeddedInstance instance = cluster.primary();
            Node.Settings settings = new Node.Settings()
                    .with("org.conmgr.listener", "port", conmgrPort)
                    .with("org.conmgr.watchdog~good", "port", watchdogPort)
                    .with("org.conmgr.watchdog~good", "url", instance.jdbcUrl("postgres"))
                    .with("org.conmgr.watchdog~good", "user", EmbeddedInstance.SUPERUSER)
                    .with("org.conmgr.watchdog~locked_out", "port", lockedOutPort)
                    .with("org.conmgr.watchdog~locked_out", "url", instance.jdbcUrl("postgres"))
                    .with("org.conmgr.watchdog~locked_out", "user", "checker")
                    .with("org.conmgr.watchdog~locked_out", "password", "wr0ng")
                    .with("org.conmgr.watchdog~no_port", "port", 0)
                    .with("org.conmgr.instance~0", "backend_host", "127.0.0.1")
                    .with("org.conmgr.instance~0", "backend_port", instance.port())
                    .with("org.conmgr.instance~0", "watchdog_port", watchdogPort)
                    .with("org.conmgr.instance~00", "backend_host", "127.0.0.1")
                    .with("org.conmgr.instance~00", "backend_port", instance.port())
                    .with("org.conmgr.instance~00", "watchdog_port", watchdogPort)
                    .with("org.conmgr.instance~1", "backend_host", "127.0.0.1")
                    .with("org.conmgr.instance~1", "backend_port", 70000)
                    .with("org.conmgr.instance~2", "backend_host", "no-such-host.invalid")
                    .with("org.conmgr.instance~3", "backend_host", "127.0.0.1")
                    .with("org.conmgr.instance~3", "watchdog_port", stranger.getLocalPort())
                    .with("org.conmgr.instance~4", "backend_host", "127.0.0.1")
                    .with("org.conmgr.instance~4", "watchdog_port", lockedOutPort);
            try (Node node = Node.start("bad-input", settings)) {
                node.awaitOutput("org.conmgr.watchdog~no_port: port: 0 (expected: an integer from 1 to 65535)");
                node.awaitOutput("org.conmgr.instance~1: backend_port: 70000 (expected: an integer from 1 to 65535)");
                node.awaitOutput("name not resolved: host \"no-such-host.invalid\" is not known");
                node.awaitOutput("the watchdog speaks protocol 2 (expected: 1)");
                node.awaitOutput("instance number 0 is already configured by org.conmgr.instance~0");
                node.awaitOutput("password authentication failed for user \"checker\"");
                node.awaitOutput("heartbeat link to instance 0 (127.0.0.1:" + instance.port() + ") established");
                node.awaitOutput("listening for applications");
                try (Connection connection = DriverManager.getConnection("jdbc:conmgr://127.0.0.1:" + conmgrPort
                        + "/postgres?targetServerType=primary&user=" + EmbeddedInstance.SUPERUSER)) {
                    assertThat(connection.isValid(5)).isTrue();
                }
                assertThat(node.output()).as("a password is never shown").doesNotContain("wr0ng");
            }
        }
    }

    private static void answerAsAnotherVersion(ServerSocket server) {
        Thread thread = new Thread(
                () -> {
                    while (!server.isClosed()) {
                        try (Socket conmgr = server.accept()) {
                            conmgr.getOutputStream().write(WELCOME_OF_ANOTHER_VERSION);
                            assertThat(conmgr.getInputStream().readAllBytes()).isNotNull();
                        } catch (IOException e) {
                            assertThat(e).isNotNull(); // The test or the conmgr closes it.
                        }
                    }
                },
                "watchdog-of-another-version");
        thread.setDaemon(true);
        thread.start();
    }
}
