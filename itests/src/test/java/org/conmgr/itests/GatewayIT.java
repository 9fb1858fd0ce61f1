package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** PostgreSQL's own driver, which knows nothing of conmgr, on a whole site of the distribution. */
class GatewayIT {
    private static Site site;

    @BeforeAll
    static void start() {
        site = Site.start();
    }

    @AfterAll
    static void stop() {
        site.close();
    }

    private static Connection connect(String options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", EmbeddedInstance.SUPERUSER);
        properties.setProperty("options", options);
        properties.setProperty("connectTimeout", "20");
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + site.conmgrPort() + "/postgres", properties);
    }

    /** Runs a query that lasts for ever on another thread; the future is its failure. */
    private static CompletableFuture<SQLException> block(Connection connection, EmbeddedInstance on)
            throws SQLException {
        Statement statement = connection.createStatement();
        CompletableFuture<SQLException> failure = new CompletableFuture<>();
        Thread blocked = new Thread(
                () -> {
                    try {
                        statement.execute("select pg_sleep(600)");
                        failure.completeExceptionally(new AssertionError("the query came to its end"));
                    } catch (SQLException e) {
                        failure.complete(e);
                    }
                },
                "blocked");
        blocked.setDaemon(true);
        blocked.start();
        Await.until("the query runs", () -> sleepers(on) == 1);
        return failure;
    }

    private static int sleepers(EmbeddedInstance on) throws SQLException {
        return Integer.parseInt(on.query("select count(*) from pg_stat_activity where query = 'select pg_sleep(600)'"
                + " and state = 'active' and client_addr = '" + Site.CLIENT + "'"));
    }

    @Test
    void aFrozenHostIsToldAndItsSuccessorServes() throws Exception {
        EmbeddedInstance primary = site.cluster().primary();
        Node watchdog = site.watchdogOf(primary);
        try (Connection writing = connect("");
                Connection reading = connect("-c conmgr.target_session_attrs=standby")) {
            int standby = site.instanceOf(reading);
            assertThat(site.instanceOf(writing))
                    .isEqualTo(site.cluster().instances().indexOf(primary))
                    .isNotEqualTo(standby);
            CompletableFuture<SQLException> failure = block(writing, primary);
            primary.freeze();
            watchdog.freeze();
            long frozen = System.nanoTime();
            SQLException e = failure.get(30, TimeUnit.SECONDS);
            System.out.println("frozen to told: " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - frozen)
                    + " ms, heartbeat_timeout " + Site.TIMEOUT_MILLIS + " ms");
            assertThat(e.getSQLState()).isEqualTo("57P01");
            assertThat(e.getMessage()).contains("terminating connection because conmgr declared instance", "timed out");
            assertThat(site.instanceOf(reading)).as("the others are left alone").isEqualTo(standby);
        } finally {
            primary.thaw();
            watchdog.thaw();
        }
        Await.until("the primary serves again", () -> {
            try (Connection again = connect("")) {
                return site.instanceOf(again) == site.cluster().instances().indexOf(primary);
            } catch (SQLException notYet) {
                return false;
            }
        });
    }

    @Test
    void theBackendsOfAConmgrThatIsKilledDisappear() throws Exception {
        EmbeddedInstance primary = site.cluster().primary();
        try (Connection connection = connect("")) {
            CompletableFuture<SQLException> failure = block(connection, primary);
            site.conmgr().kill();
            assertThat(failure.get(30, TimeUnit.SECONDS).getSQLState()).isEqualTo("08006");
            Await.until("its backend is ended, though it slept", () -> sleepers(primary) == 0);
        } finally {
            site.replaceConmgr();
            site.awaitLinks();
        }
    }
}
