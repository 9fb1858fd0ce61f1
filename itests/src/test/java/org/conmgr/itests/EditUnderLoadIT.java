package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * conmgr.conf is edited while applications query without a pause through a real conmgr: every kind of edit, and every
 * connection that it does not concern stays, on the same backend and without a failed query.
 */
@NullUnmarked
class EditUnderLoadIT {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int CONNECTIONS = 20;

    private final int port = FreePort.next();
    private final int[] watchdogPorts = {FreePort.next(), FreePort.next(), FreePort.next()};
    private final List<Application> applications = new ArrayList<>();

    private EmbeddedCluster cluster;
    private Node watchdogs;
    private Node conmgr;

    @BeforeEach
    void start() {
        cluster = EmbeddedCluster.builder().standbys(2).start();
        Node.Settings settings = new Node.Settings();
        for (int i = 0; i < watchdogPorts.length; i++) {
            settings.with("org.conmgr.watchdog~pg" + i, "port", watchdogPorts[i])
                    .with("org.conmgr.watchdog~pg" + i, "check_attr_interval", Site.CHECK_MILLIS)
                    .with("org.conmgr.watchdog~pg" + i, "url", instance(i).jdbcUrl("postgres"))
                    .with("org.conmgr.watchdog~pg" + i, "user", EmbeddedInstance.SUPERUSER);
        }
        watchdogs = Node.start("watchdogs", settings);
        conmgr = Node.start(
                "conmgr",
                new Node.Settings()
                        .with("org.conmgr.heartbeat", "local_address", Site.CLIENT)
                        .conf(conf("heartbeat_interval = 200ms", 0, 1)));
    }

    @AfterEach
    void stop() {
        applications.forEach(Application::close);
        for (Node node : new Node[] {conmgr, watchdogs}) {
            if (node != null) {
                node.close();
            }
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void noEditEndsAConnectionThatItDoesNotConcern() throws Exception {
        List<Application> onPrimary = open("primary", 0, CONNECTIONS);
        List<Application> onStandby = open("secondary", 1, CONNECTIONS);

        conmgr.conf(conf("heartbeat_interval = 200ms", 0, 1, 2));
        List<Application> onAdded = open("secondary", 2, CONNECTIONS);
        allGoOn("an instance was added");

        conmgr.conf(conf("heartbeat_interval = 300ms", 0, 1, 2));
        await("heartbeat_interval", "300");
        allGoOn("the interval was changed");

        conmgr.conf(conf("heartbeat_interval = 0\nport = 0", 0, 1));
        conmgr.awaitOutput("heartbeat_interval: 0 (expected: an integer >= 1)");
        allGoOn("a bad edit was made");

        conmgr.conf(conf("heartbeat_interval = 300ms\nmax_connections = 500\nlog_min_messages = INFO", 0, 1, 2));
        await("max_connections", "500");
        await("log_min_messages", "INFO");
        allGoOn("limits and log were changed");

        conmgr.conf(conf("heartbeat_interval = 300ms\nmax_connections = 500\nlog_min_messages = INFO", 0, 2));
        Await.until("those of the removed instance are told", DEADLINE, () -> onStandby.stream()
                .allMatch(application -> application.failure != null));
        Set<String> told = new TreeSet<>();
        onStandby.forEach(
                application -> told.add(application.failure.getSQLState() + ": " + application.failure.getMessage()));
        System.out.println("told to the " + onStandby.size() + " of the removed instance: " + told);
        assertThat(onStandby)
                .extracting(application -> application.failure.getSQLState())
                .isSubsetOf("08006", "57P01");
        applications.removeAll(onStandby);
        allGoOn("an instance was removed");
        assertThat(applications).hasSize(onPrimary.size() + onAdded.size());

        long queries = applications.stream()
                .mapToLong(application -> application.queries.get())
                .sum();
        System.out.println(applications.size() + " connections unbroken by 5 edits, " + queries + " queries");
    }

    /** Every application has had no failure, has kept its backend, and gets on with its queries. */
    private void allGoOn(String after) {
        List<Long> before = applications.stream()
                .map(application -> application.queries.get())
                .toList();
        Await.passes("every application goes on after " + after, DEADLINE, () -> {
            for (int i = 0; i < applications.size(); i++) {
                Application application = applications.get(i);
                assertThat((Throwable) application.failure)
                        .as("failure of " + application)
                        .isNull();
                assertThat(application.backends)
                        .as("backends of " + application)
                        .hasSizeLessThanOrEqualTo(1);
                assertThat(application.queries.get())
                        .as("queries of " + application)
                        .isGreaterThan(before.get(i) + 1);
            }
        });
    }

    /** As many applications as wanted on one instance. */
    private List<Application> open(String target, int number, int count) {
        List<Application> opened = new ArrayList<>();
        Await.passes("connections to instance " + number, DEADLINE, () -> {
            try {
                while (opened.size() < count) {
                    Connection connection = connect(target);
                    if (port(connection) == instance(number).port()) {
                        opened.add(new Application(target + " " + opened.size(), connection));
                    } else {
                        connection.close();
                        throw new AssertionError("not that one yet");
                    }
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        applications.addAll(opened);
        return opened;
    }

    private Connection connect(String target) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", EmbeddedInstance.SUPERUSER);
        properties.setProperty("targetServerType", target);
        properties.setProperty("localSocketAddress", Site.CLIENT);
        return DriverManager.getConnection("jdbc:conmgr://127.0.0.1:" + port + "/postgres", properties);
    }

    private static int port(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select inet_server_port()")) {
            row.next();
            return row.getInt(1);
        }
    }

    /** Waits until the setting is in force, as the console shows it. */
    private void await(String setting, String value) {
        Await.passes(setting + " is in force", DEADLINE, () -> {
            try (Connection console = DriverManager.getConnection(
                            "jdbc:postgresql://127.0.0.1:" + port + "/conmgr", EmbeddedInstance.SUPERUSER, "");
                    Statement statement = console.createStatement();
                    ResultSet row = statement.executeQuery("SHOW CONFIG")) {
                List<String> shown = new ArrayList<>();
                while (row.next()) {
                    shown.add(row.getString("setting") + " = " + row.getString("value"));
                }
                assertThat(shown).anyMatch(line -> line.startsWith(setting + " = " + value));
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
    }

    private EmbeddedInstance instance(int number) {
        return cluster.instances().get(number);
    }

    private String conf(String settings, int... numbers) {
        StringBuilder text = new StringBuilder("port = " + port + "\nheartbeat_timeout = 10\n" + settings + "\n");
        for (int number : numbers) {
            text.append("backend_host%1$d = 127.0.0.1%nbackend_port%1$d = %2$d%nwatchdog_port%1$d = %3$d%n"
                    .formatted(number, instance(number).port(), watchdogPorts[number]));
        }
        return text.toString();
    }

    /** Queries on one connection without a pause, until a query fails. */
    private static final class Application implements AutoCloseable {
        private final String name;
        private final Connection connection;
        private final Set<Integer> backends = ConcurrentHashMap.newKeySet();
        private final AtomicLong queries = new AtomicLong();
        private volatile @Nullable SQLException failure;

        Application(String name, Connection connection) {
            this.name = name;
            this.connection = connection;
            Thread thread = new Thread(this::query, name);
            thread.setDaemon(true);
            thread.start();
        }

        private void query() {
            try (Statement statement = connection.createStatement()) {
                while (true) {
                    try (ResultSet row = statement.executeQuery("select pg_backend_pid(), pg_sleep(0.02)")) {
                        row.next();
                        backends.add(row.getInt(1));
                    }
                    queries.incrementAndGet();
                }
            } catch (SQLException e) {
                failure = e;
            }
        }

        @Override
        public void close() {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
