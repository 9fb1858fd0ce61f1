package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
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
    private static final Duration ROUTE_WAIT = Duration.ofSeconds(6);

    private static Site site;

    @BeforeAll
    static void start() {
        site = Site.start(new Node.Settings().with("org.conmgr.routing", "route_wait", ROUTE_WAIT.toSeconds() + "s"));
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
            CompletableFuture<SQLException> failure = Site.block(writing, primary);
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
    void whoAsksForAPrimaryWaitsForTheNextOneButNotForEver() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/psql")), "psql is not installed");
        EmbeddedInstance old = site.cluster().primary();
        EmbeddedInstance next = site.cluster().standbys().get(0);
        try {
            old.killAll();
            long asked = System.nanoTime();
            Process refused = psql("select 1");
            assertThatThrownBy(() -> connect("")).isInstanceOfSatisfying(SQLException.class, e -> {
                assertThat(e.getSQLState()).isEqualTo("57P03");
                assertThat(e.getMessage()).contains("no instance with target_session_attrs=primary: 0 (");
            });
            assertThat(System.nanoTime() - asked).isGreaterThanOrEqualTo(ROUTE_WAIT.toNanos());
            assertThat(output(refused)).contains("FATAL:  no instance with target_session_attrs=primary: 0 (");
            assertThat(refused.exitValue()).isEqualTo(2);

            Process held = psql("select inet_server_port()");
            Await.until("it is held", () -> waiting() == 1);
            next.promote();
            long promoted = System.nanoTime();
            assertThat(output(held)).isEqualTo(String.valueOf(next.port()));
            System.out.println("promoted to served: " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - promoted)
                    + " ms, check_attr_interval " + Site.CHECK_MILLIS + " ms");
        } finally {
            if (next.isStandby()) {
                old.start();
                site.awaitRoutes();
            } else {
                site.follow(next, old);
            }
        }
    }

    private static Process psql(String sql) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        "psql", "-X", "-At", "-h", "127.0.0.1", "-p", String.valueOf(site.conmgrPort()), "-c", sql)
                .redirectErrorStream(true);
        builder.environment().put("PGUSER", EmbeddedInstance.SUPERUSER);
        builder.environment().put("PGDATABASE", "postgres");
        return builder.start();
    }

    /** What it has written when it has ended. */
    private static String output(Process process) throws Exception {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("psql ends").isTrue();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /** How many clients wait for an instance. */
    private static int waiting() throws SQLException {
        try (Connection console = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + site.conmgrPort() + "/conmgr", "test", "");
                Statement statement = console.createStatement();
                ResultSet rows = statement.executeQuery("SHOW STATS")) {
            while (rows.next()) {
                if (rows.getString("name").equals("application_connections_waiting")) {
                    return rows.getInt("value");
                }
            }
            throw new AssertionError("no such name");
        }
    }

    @Test
    void theBackendsOfAConmgrThatIsKilledDisappear() throws Exception {
        EmbeddedInstance primary = site.cluster().primary();
        try (Connection connection = connect("")) {
            CompletableFuture<SQLException> failure = Site.block(connection, primary);
            site.conmgr().kill();
            assertThat(failure.get(30, TimeUnit.SECONDS).getSQLState()).isEqualTo("08006");
            Await.until("its backend is ended, though it slept", () -> Site.sleepers(primary) == 0);
        } finally {
            site.replaceConmgr();
            site.awaitLinks();
        }
    }
}
