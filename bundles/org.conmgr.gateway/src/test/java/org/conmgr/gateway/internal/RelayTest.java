package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.Target;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.BlockedQuery;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions through the gateway to real instances: where they go, how they end, how they are cancelled. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class RelayTest {
    private static EmbeddedCluster cluster;

    private final GatewaySite site;
    private final int port;

    RelayTest(boolean epoll) {
        site = new GatewaySite(epoll, Map.of())
                .instance(0, cluster.primary().port(), Role.PRIMARY)
                .instance(1, cluster.standbys().get(0).port(), Role.STANDBY);
        port = site.open();
    }

    @BeforeAll
    static void start() {
        cluster = EmbeddedCluster.builder().standbys(1).start();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** A backend that sleeps does not notice that its client is gone. */
    @AfterEach
    void close() throws SQLException {
        site.close();
        cluster.primary()
                .query("select pg_terminate_backend(pid) from pg_stat_activity where query like '%sleep%'"
                        + " and pid <> pg_backend_pid()");
    }

    private Connection connect(String options) throws SQLException {
        return connect(port, options);
    }

    private static Connection connect(int port, String options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", EmbeddedInstance.SUPERUSER);
        properties.setProperty("options", options);
        properties.setProperty("ApplicationName", "shop");
        properties.setProperty("assumeMinServerVersion", "13"); // else it is sent only later
        properties.setProperty("sslmode", "disable");
        properties.setProperty("connectTimeout", "20");
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties);
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static int portOf(Connection connection) throws SQLException {
        return Integer.parseInt(ask(connection, "select inet_server_port()"));
    }

    /** Runs a query that lasts for ever on another thread, and waits until it runs; the future is its failure. */
    private static CompletableFuture<SQLException> block(Connection connection, EmbeddedInstance on) throws Exception {
        CompletableFuture<SQLException> failure = BlockedQuery.start(connection);
        Await.until("the query runs", () -> "1"
                .equals(on.query("select count(*) from pg_stat_activity where query = '" + BlockedQuery.SQL
                        + "' and state = 'active'")));
        return failure;
    }

    @Test
    void goesWhereTheClientWants() throws Exception {
        try (Connection silent = connect("");
                Connection standby = connect("-c conmgr.target_session_attrs=standby")) {
            assertThat(portOf(silent)).isEqualTo(cluster.primary().port());
            assertThat(portOf(standby)).isEqualTo(cluster.standbys().get(0).port());
            assertThat(site.board.applications())
                    .extracting(ApplicationStatus::instance)
                    .containsExactly(0, 1);
            ApplicationStatus first = site.board.applications().get(0);
            assertThat(first.request().path()).isEqualTo("test");
            assertThat(first.request().application()).isEqualTo("shop");
            assertThat(first.sqlSocket())
                    .as("what the instance sees of it")
                    .hasToString("/127.0.0.1:" + ask(silent, "select inet_client_port()"));
        }
        Await.until(
                "the router knows that they are gone",
                () -> site.board.applications().isEmpty());
        Await.until("the gateway knows it too", () -> site.gateway.relays().isEmpty());
        Await.until("no key is left", () -> site.gateway.cancels().size() == 0);
    }

    @Test
    void aPortsOwnTargetIsNotOverruled() throws Exception {
        int standbys = site.open(Optional.of(Target.STANDBY), Optional.empty());
        try (Connection connection = connect(standbys, "-c conmgr.target_session_attrs=primary")) {
            assertThat(portOf(connection)).isEqualTo(cluster.standbys().get(0).port());
        }
    }

    @Test
    void aWordThatIsNoTargetIsRefused() {
        assertThatThrownBy(() -> connect("-c conmgr.target_session_attrs=slave"))
                .isInstanceOfSatisfying(SQLException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("22023");
                    assertThat(e.getMessage()).contains("conmgr.target_session_attrs", "slave", "prefer-standby");
                });
    }

    @Test
    void withoutAnInstanceItIsRefusedInAWayThatMovesLibpqOn() {
        site.dead(1);
        assertThatThrownBy(() -> connect("-c conmgr.target_session_attrs=standby"))
                .isInstanceOfSatisfying(SQLException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("57P03");
                    assertThat(e.getMessage())
                            .contains("no instance with target_session_attrs=standby: 0 (primary, up), 1 (down: timed");
                });
    }

    @Test
    void aVerdictEndsTheSessionsOfThatInstanceAndNoOthers() throws Exception {
        try (Connection idle = connect("");
                Connection busy = connect("");
                Connection elsewhere = connect("-c conmgr.target_session_attrs=standby")) {
            CompletableFuture<SQLException> failure = block(busy, cluster.primary());
            site.dead(0);
            SQLException e = failure.get(20, TimeUnit.SECONDS);
            assertThat(e.getSQLState()).isEqualTo("57P01");
            assertThat(e.getMessage())
                    .contains("terminating connection because conmgr declared instance 0 (127.0.0.1:"
                            + cluster.primary().port() + ") dead: timed out: silent for 2.0 s");
            assertThatThrownBy(() -> portOf(idle))
                    .isInstanceOfSatisfying(SQLException.class, of -> assertThat(of.getSQLState())
                            .isEqualTo("57P01"));
            assertThat(portOf(elsewhere)).isEqualTo(cluster.standbys().get(0).port());
        }
    }

    @Test
    void theFenceEndsWhatNoLongerFits() throws Exception {
        try (Connection any = connect("-c conmgr.target_session_attrs=any");
                Connection standby = connect("-c conmgr.target_session_attrs=standby")) {
            assertThat(portOf(any)).isPositive();
            site.role(1, Role.PRIMARY);
            assertThatThrownBy(() -> portOf(standby)).isInstanceOfSatisfying(SQLException.class, e -> {
                assertThat(e.getSQLState()).isEqualTo("57P01");
                assertThat(e.getMessage()).contains("conmgr closed the connection to instance 1");
            });
            assertThat(portOf(any)).isPositive();
        }
    }

    @Test
    void aCancelReachesItsBackendAndALateOneNobody() throws Exception {
        List<Connection> sessions = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                sessions.add(connect("-c conmgr.target_session_attrs=" + (i % 2 == 0 ? "primary" : "standby")));
            }
            for (int i = 0; i < 4; i++) {
                EmbeddedInstance on =
                        i % 2 == 0 ? cluster.primary() : cluster.standbys().get(0);
                Connection connection = sessions.get(i);
                Statement statement = connection.createStatement();
                statement.setQueryTimeout(1);
                assertThatThrownBy(() -> statement.execute("select pg_sleep(600)"))
                        .isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                                .isEqualTo("57014"));
                assertThat(portOf(connection)).isEqualTo(on.port());
            }
        } finally {
            for (Connection connection : sessions) {
                connection.close();
            }
        }
        Await.until("no key is left", () -> site.gateway.cancels().size() == 0);
    }

    @Test
    void anInstanceThatRefusesIsPassedOver() throws Exception {
        site.instance(2, FreePort.next(), Role.STANDBY);
        for (int i = 0; i < 3; i++) {
            try (Connection connection = connect("-c conmgr.target_session_attrs=standby")) {
                assertThat(portOf(connection))
                        .isEqualTo(cluster.standbys().get(0).port());
            }
        }
        assertThat(site.log.texts(Message.INSTANCE_NOT_REACHED))
                .as("said once")
                .singleElement()
                .asString()
                .contains("instance 2", "refused");
        site.dead(1);
        assertThatThrownBy(() -> connect("-c conmgr.target_session_attrs=standby"))
                .isInstanceOfSatisfying(SQLException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("57P03");
                    assertThat(e.getMessage()).contains("2 (standby, up, connecting failed)", "onnection refused");
                });
    }

    @Test
    void theGatewaysEndIsTold() throws Exception {
        try (Connection connection = connect("")) {
            CompletableFuture<SQLException> failure = block(connection, cluster.primary());
            site.close();
            SQLException e = failure.get(20, TimeUnit.SECONDS);
            assertThat(e.getSQLState()).isEqualTo("57P01");
            assertThat(e.getMessage()).contains("gateway is stopping");
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
