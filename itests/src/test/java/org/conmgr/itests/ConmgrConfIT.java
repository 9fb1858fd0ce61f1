package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A conmgr directory with a conmgr.conf: it counts from the start and after each edit, and an edit ends no connection
 * that it does not concern. The last test takes an instance out, so the order is fixed.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConmgrConfIT {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int PORT = FreePort.next();
    private static final int OTHER_PORT = FreePort.next();
    private static final int WATCHDOG_1 = FreePort.next();
    private static final int WATCHDOG_2 = FreePort.next();

    @RegisterExtension
    @Order(1)
    static final PostgresCluster POSTGRES = new PostgresCluster();

    @RegisterExtension
    @Order(3)
    static final KarafContainer KARAF = new KarafContainer()
            .with("org.conmgr.listener", "port", () -> OTHER_PORT)
            .with("org.conmgr.watchdog~n1", "port", () -> WATCHDOG_1)
            .with("org.conmgr.watchdog~n1", "url", () -> POSTGRES.primary().jdbcUrl("postgres"))
            .with("org.conmgr.watchdog~n1", "user", () -> EmbeddedInstance.SUPERUSER)
            .with("org.conmgr.watchdog~n2", "port", () -> WATCHDOG_2)
            .with("org.conmgr.watchdog~n2", "url", () -> POSTGRES.standby().jdbcUrl("postgres"))
            .with("org.conmgr.watchdog~n2", "user", () -> EmbeddedInstance.SUPERUSER);

    @RegisterExtension
    @Order(2)
    static final BeforeAllCallback CONF = context -> conf(PORT, "200ms", true);

    @Test
    @Order(1)
    void countsFromTheStart() throws Exception {
        Await.passes("it routes", DEADLINE, () -> {
            try (Connection connection = connect("primary")) {
                assertThat(answers(connection)).isTrue();
            }
        });
        assertThat(listens(OTHER_PORT)).as("the port of the .cfg").isFalse();
    }

    @Test
    @Order(2)
    void anEditEndsNoConnectionThatItDoesNotConcern() throws Exception {
        try (Connection connection = connect("primary")) {
            conf(OTHER_PORT, "300ms", true);
            Await.until("the new port alone accepts", DEADLINE, () -> listens(OTHER_PORT) && !listens(PORT));
            assertThat(answers(connection)).isTrue();
            conf(PORT, "200ms", true);
            Await.until("the old port alone accepts", DEADLINE, () -> listens(PORT) && !listens(OTHER_PORT));
            assertThat(answers(connection)).isTrue();
        }
    }

    @Test
    @Order(3)
    void aBadEditChangesNothing() throws Exception {
        try (Connection connection = connect("primary")) {
            conf(OTHER_PORT, "0", true);
            Await.until("it is told", DEADLINE, () -> KARAF.log()
                    .contains("heartbeat_interval: 0 (expected: an integer >= 1)"));
            assertThat(listens(PORT)).isTrue();
            assertThat(listens(OTHER_PORT)).isFalse();
            conf(PORT, "200ms", true);
            assertThat(answers(connection)).isTrue();
        }
    }

    @Test
    @Order(4)
    void aCfgThatSaysOtherwiseHasNoEffectAndStaysAsItIs() throws Exception {
        try (Connection connection = connect("primary")) {
            KARAF.write("org.conmgr.instance~1", Map.of("backend_host", "192.0.2.1", "watchdog_port", "1"));
            Await.until("it is overruled", DEADLINE, () -> KARAF.log()
                    .contains("etc/org.conmgr.instance-1.cfg: backend_host = 192.0.2.1 is overruled by conmgr.conf"));
            assertThat(answers(connection)).isTrue();
        }
        try (Connection connection = connect("primary")) {
            assertThat(answers(connection)).isTrue();
        }
        assertThat(KARAF.directory().resolve("etc/org.conmgr.instance-1.cfg"))
                .content()
                .contains("backend_host = 192.0.2.1")
                .doesNotContain("127.0.0.1");
    }

    @Test
    @Order(5)
    void anInstanceThatIsTakenOutLosesItsConnectionsAndNoOtherDoes() throws Exception {
        try (Connection onPrimary = connect("primary");
                Connection onStandby = connect("secondary")) {
            conf(PORT, "200ms", false);
            Await.passes("there is no standby", DEADLINE, () -> assertThatThrownBy(() -> connect("secondary"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08001")));
            assertThatThrownBy(() -> answers(onStandby)).isInstanceOf(SQLException.class);
            assertThat(answers(onPrimary)).isTrue();
        }
    }

    private static void conf(int port, String interval, boolean withStandby) throws IOException {
        String standby = """
                backend_host2 = 127.0.0.1
                backend_port2 = %d
                watchdog_port2 = %d
                """.formatted(POSTGRES.standby().port(), WATCHDOG_2);
        String text = """
                port = %d
                backend_host1 = 127.0.0.1
                backend_port1 = %d
                watchdog_port1 = %d
                heartbeat_interval = %s
                heartbeat_timeout = 5
                %s
                """.formatted(port, POSTGRES.primary().port(), WATCHDOG_1, interval, withStandby ? standby : "");
        Path unfinished = Files.writeString(KARAF.directory().resolve("conmgr.conf.new"), text);
        Files.move(unfinished, KARAF.directory().resolve("conmgr.conf"), StandardCopyOption.REPLACE_EXISTING);
    }

    private static Connection connect(String target) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:conmgr://127.0.0.1:" + PORT + "/postgres?targetServerType=" + target,
                EmbeddedInstance.SUPERUSER,
                "");
    }

    private static boolean answers(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select 1")) {
            return row.next();
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
