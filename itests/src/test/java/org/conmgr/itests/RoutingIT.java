package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Everything together, both roles in one container: a primary and its standby, a watchdog for each, conmgr, and an
 * application with the driver. The last test ends the standby, so the order is fixed.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RoutingIT {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int PORT = FreePort.next();
    private static final int WATCHDOG_1 = FreePort.next();
    private static final int WATCHDOG_2 = FreePort.next();

    @RegisterExtension
    @Order(1)
    static final PostgresCluster POSTGRES = new PostgresCluster();

    @RegisterExtension
    @Order(2)
    static final KarafContainer KARAF = new KarafContainer()
            .with("org.conmgr.listener", "port", () -> PORT)
            .with("org.conmgr.heartbeat", "heartbeat_interval", () -> "200ms")
            .with("org.conmgr.heartbeat", "heartbeat_timeout", () -> "2s")
            .with("org.conmgr.heartbeat", "shadow_failure_detector", () -> "phi")
            .with("org.conmgr.watchdog~n1", "port", () -> WATCHDOG_1)
            .with("org.conmgr.watchdog~n1", "url", () -> POSTGRES.primary().jdbcUrl("postgres"))
            .with("org.conmgr.watchdog~n1", "user", () -> EmbeddedInstance.SUPERUSER)
            .with("org.conmgr.watchdog~n2", "port", () -> WATCHDOG_2)
            .with("org.conmgr.watchdog~n2", "url", () -> POSTGRES.standby().jdbcUrl("postgres"))
            .with("org.conmgr.watchdog~n2", "user", () -> EmbeddedInstance.SUPERUSER)
            .with("org.conmgr.instance~1", "backend_host", () -> "127.0.0.1")
            .with("org.conmgr.instance~1", "backend_port", () -> POSTGRES.primary()
                    .port())
            .with("org.conmgr.instance~1", "watchdog_port", () -> WATCHDOG_1)
            .with("org.conmgr.instance~2", "backend_host", () -> "127.0.0.1")
            .with("org.conmgr.instance~2", "backend_port", () -> POSTGRES.standby()
                    .port())
            .with("org.conmgr.instance~2", "watchdog_port", () -> WATCHDOG_2);

    @Test
    @Order(1)
    void aConnectionGoesWhereItsTargetIs() {
        Await.passes("both instances are routed to", DEADLINE, () -> {
            assertThat(portFor("primary")).isEqualTo(POSTGRES.primary().port());
            assertThat(portFor("secondary")).isEqualTo(POSTGRES.standby().port());
        });
    }

    @Test
    @Order(2)
    void everythingRunsOnEpoll() throws Exception {
        assertThat(Files.readString(Path.of("/proc", String.valueOf(KARAF.pid()), "maps")))
                .as("libraries loaded by the container")
                .contains("netty_transport_native_epoll");
    }

    @Test
    @Order(3)
    void noComponentLacksAnything() throws Exception {
        assertThat(KARAF.beans().components())
                .allSatisfy((name, state) -> assertThat(state).as(name).isIn("Active", "Satisfied"));
    }

    @Test
    @Order(4)
    void aConnectionOutlivesEveryChangeThatDoesNotConcernIt() throws Exception {
        try (Connection connection = connect("primary")) {
            KARAF.write("org.conmgr.routing", Map.of("balance_policy", "random"));
            Await.until("the edited file is read", DEADLINE, () -> "random"
                    .equals(KARAF.beans().setting("org.conmgr.routing", "balance_policy")));

            KARAF.beans().uninstallFeature("conmgr-log-syslog");
            assertThat(KARAF.beans().bundles()).doesNotContainKey("org.conmgr.log.syslog");
            KARAF.beans().installFeature("conmgr-log-syslog");
            assertThat(KARAF.beans().bundles()).containsEntry("org.conmgr.log.syslog", "Active");

            // It needs JNA, which the shell, and by it SCR, and pgjdbc import if it is there.
            KARAF.beans().installFeature("conmgr-log-eventlog");
            assertThat(KARAF.beans().bundles()).containsKey("org.conmgr.log.eventlog");
            KARAF.beans().uninstallFeature("conmgr-log-eventlog");
            assertThat(KARAF.beans().bundles()).doesNotContainKey("org.conmgr.log.eventlog");

            KARAF.beans().restartBundle("org.conmgr.log.stderr");
            assertThat(KARAF.beans().bundles()).containsEntry("org.conmgr.log.stderr", "Active");

            KARAF.beans().restartBundle("org.conmgr.detector.phi");
            KARAF.beans().uninstallFeature("conmgr-detector-phi");
            assertThat(KARAF.beans().bundles()).doesNotContainKey("org.conmgr.detector.phi");
            KARAF.beans().installFeature("conmgr-detector-phi");
            assertThat(verdicts()).as("links that ended meanwhile").isEmpty();

            connect("primary").close();
            assertThat(port(connection)).isEqualTo(POSTGRES.primary().port());
        }
    }

    @Test
    @Order(5)
    void aDeadInstanceEndsItsConnectionsAndNoOthers() throws Exception {
        try (Connection onPrimary = connect("primary");
                Connection onStandby = connect("secondary")) {
            POSTGRES.standby().kill();
            Await.passes(
                    "the standby is known to be gone", DEADLINE, () -> assertThatThrownBy(() -> connect("secondary"))
                            .isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                                    .isEqualTo("08001")));
            assertThatThrownBy(() -> port(onStandby)).isInstanceOf(SQLException.class);
            assertThat(port(onPrimary)).isEqualTo(POSTGRES.primary().port());
            // A connect is refused by the dead server itself, perhaps before conmgr knows.
            Await.passes("the verdict is told", DEADLINE, () -> assertThat(verdicts())
                    .singleElement()
                    .asString()
                    .startsWith("instance 2 (127.0.0.1:" + POSTGRES.standby().port() + ") declared dead at ")
                    .contains("last beat heard: #", "own stall: "));
        }
    }

    /** What the console says of each verdict, newest first. */
    private static List<String> verdicts() throws SQLException {
        try (Connection console =
                        DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + PORT + "/conmgr", "test", "");
                Statement statement = console.createStatement();
                ResultSet rows = statement.executeQuery("SHOW VERDICTS")) {
            List<String> explanations = new ArrayList<>();
            while (rows.next()) {
                explanations.add(rows.getString("explanation"));
            }
            return explanations;
        }
    }

    /** The port of the instance that a new connection ends up at. */
    private static int portFor(String target) {
        try (Connection connection = connect(target)) {
            return port(connection);
        } catch (SQLException e) {
            throw new AssertionError("no connection to " + target, e);
        }
    }

    private static Connection connect(String target) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:conmgr://127.0.0.1:" + PORT + "/postgres?targetServerType=" + target,
                EmbeddedInstance.SUPERUSER,
                "");
    }

    private static int port(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select inet_server_port()")) {
            assertThat(row.next()).isTrue();
            return row.getInt(1);
        }
    }
}
