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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * One process with two watchdogs for a primary and its standby, as the role of the documentation, and a conmgr on a host
 * of its own: what is shown inside the instances, and what living connections notice of restarts.
 */
@NullUnmarked
class WatchdogIT {
    private static final String CLIENT = "127.0.0.2";
    private static final String WATCHDOG = "org.conmgr.watchdog";
    private static final int TIMEOUT_MILLIS = 1000;
    private static final int[] WATCHDOG_PORTS = {FreePort.next(), FreePort.next()};
    private static final int CONMGR_PORT = FreePort.next();

    private static EmbeddedCluster cluster;
    private static Node watchdogs;
    private static Node conmgr;

    @BeforeAll
    static void start() throws SQLException {
        Path extension = Distribution.unpacked().resolve("extension");
        cluster = EmbeddedCluster.builder()
                .standbys(1)
                .setting("max_connections", "20")
                .role("watchdog")
                .role("app")
                .extension(extension.resolve("watchdog.control"), extension.resolve("watchdog--1.0.sql"))
                .start();
        cluster.primary().query("grant pg_monitor, pg_signal_backend to watchdog");
        cluster.primary().query("create extension watchdog");
        cluster.awaitReplay();
        watchdogs = startWatchdogs();
        conmgr = startConmgr();
    }

    @AfterAll
    static void stop() {
        if (conmgr != null) {
            conmgr.close();
        }
        if (watchdogs != null) {
            watchdogs.kill();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    private static Node startWatchdogs() {
        Node.Settings settings = new Node.Settings();
        for (int i = 0; i < WATCHDOG_PORTS.length; i++) {
            String pid = WATCHDOG + "~pg" + i;
            watchdog(i).forEach((key, value) -> settings.with(pid, key, value));
        }
        return Node.startWithShell("watchdogs", settings);
    }

    private static Map<String, String> watchdog(int number) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("port", String.valueOf(WATCHDOG_PORTS[number]));
        settings.put("url", instance(number).jdbcUrl("postgres"));
        settings.put("user", "watchdog");
        settings.put("check_attr_interval", "100");
        settings.put("connect_check_interval", "200");
        settings.put("terminate_on", "timed_out");
        return settings;
    }

    private static Node startConmgr() {
        Node.Settings settings = new Node.Settings()
                .with("org.conmgr.listener", "port", CONMGR_PORT)
                .with("org.conmgr.heartbeat", "heartbeat_interval", "200ms")
                .with("org.conmgr.heartbeat", "heartbeat_timeout", TIMEOUT_MILLIS + "ms")
                .with("org.conmgr.heartbeat", "conmgr_name", "app-host")
                .with("org.conmgr.heartbeat", "local_address", CLIENT);
        for (int i = 0; i < WATCHDOG_PORTS.length; i++) {
            String pid = "org.conmgr.instance~" + i;
            settings.with(pid, "backend_host", "127.0.0.1")
                    .with(pid, "backend_port", instance(i).port())
                    .with(pid, "watchdog_port", WATCHDOG_PORTS[i]);
        }
        Node node = Node.start("conmgr", settings);
        node.awaitOutput("listening for applications");
        for (int i = 0; i < WATCHDOG_PORTS.length; i++) {
            awaitLinks(node, i, 1);
        }
        return node;
    }

    private static EmbeddedInstance instance(int number) {
        return cluster.instances().get(number);
    }

    /** Until the link to an instance has come up so many times. */
    private static void awaitLinks(Node node, int number, int times) {
        node.awaitOutput(established(number));
        Await.until(times + " times: " + established(number), () -> count(node, established(number)) >= times);
    }

    private static String established(int number) {
        return "heartbeat link to instance " + number + " (127.0.0.1:"
                + instance(number).port() + ") established";
    }

    private static int count(Node node, String text) {
        return node.output().split(Pattern.quote(text), -1).length - 1;
    }

    private static Connection connect(String target) throws SQLException {
        return DriverManager.getConnection("jdbc:conmgr://127.0.0.1:" + CONMGR_PORT
                + "/postgres?user=app&connectTimeout=5&conmgrLoss=keep&targetServerType=" + target);
    }

    /** As a role without any right of its own. */
    private static @Nullable String shown(EmbeddedInstance instance) {
        try (Connection connection = instance.connect("postgres", "app", "");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select string_agg(concat_ws(' ', v.conmgr_addr,"
                        + " v.heartbeat_interval, v.heartbeat_timeout, conmgr_name, state, watchdog), ', ')"
                        + " from pgx_stat_watchdog v join pgx_stat_watchdog_links using (conmgr_addr, conmgr_port)")) {
            row.next();
            return row.getString(1);
        } catch (SQLException e) {
            throw new AssertionError(instance.name(), e);
        }
    }

    @Test
    void eachInstanceShowsItsLinksWhileItsWatchdogRuns() {
        for (int i = 0; i < WATCHDOG_PORTS.length; i++) {
            String row = CLIENT + " 1 1 app-host up pg" + i;
            EmbeddedInstance instance = instance(i);
            Await.until("it is shown: " + row, () -> row.equals(shown(instance)));
        }
        watchdogs.kill();
        long killed = System.nanoTime();
        Await.until("nothing is shown", () -> shown(instance(0)) == null && shown(instance(1)) == null);
        System.out.println("watchdog killed, rows gone after "
                + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed) + " ms");
        int links = count(conmgr, established(0));
        watchdogs = startWatchdogs();
        awaitLinks(conmgr, 0, links + 1);
        Await.until("it is shown again", () -> shown(instance(0)) != null);
    }

    @Test
    void aPlannedRestartOfTheWatchdogIsNotNoticed() throws Exception {
        watchdogs.awaitOutput("watchdog \"pg1\" listens");
        int dead = count(conmgr, "declared dead");
        int links = count(conmgr, established(0));
        try (Connection connection = connect("primary")) {
            watchdogs.command("bundle:stop " + WATCHDOG);
            conmgr.awaitOutput(") is unmonitored for a while: watchdog restarts");
            // For longer than an unwatched instance is otherwise taken for the primary.
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS * 3 / 2);
            while (System.nanoTime() < end) {
                try (Connection another = connect("primary")) {
                    assertThat(another.isValid(5)).isTrue();
                }
            }
            watchdogs.command("bundle:start " + WATCHDOG);
            awaitLinks(conmgr, 0, links + 1);
            watchdogs.command("bundle:update " + WATCHDOG);
            awaitLinks(conmgr, 0, links + 2);
            watchdogs.command("bundle:restart " + WATCHDOG + ".jdbc");
            awaitLinks(conmgr, 0, links + 3);
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThat(count(conmgr, "declared dead")).isEqualTo(dead);
    }

    @Test
    void anEditThatDoesNotFitStopsNothingAndTheNextIsTaken() throws Exception {
        String stopped = "watchdog \"pg1\" stopped";
        watchdogs.awaitOutput("watchdog \"pg1\" listens");
        int stops = count(watchdogs, stopped);
        int links = count(conmgr, established(1));
        int dead = count(conmgr, "declared dead");
        Map<String, String> settings = watchdog(1);

        settings.put("terminate_on", "bogus");
        watchdogs.configure(WATCHDOG + "~pg1", settings);
        watchdogs.awaitOutput(WATCHDOG + "~pg1: terminate_on: bogus");
        assertThat(count(watchdogs, stopped)).isEqualTo(stops);

        settings.put("terminate_on", "timed_out");
        settings.put("check_attr_interval", "110");
        watchdogs.configure(WATCHDOG + "~pg1", settings);
        awaitLinks(conmgr, 1, links + 1);
        assertThat(count(watchdogs, stopped)).isEqualTo(stops + 1);

        Files.delete(watchdogs.directory().resolve("etc/" + WATCHDOG + "-pg1.cfg"));
        Await.until("without its file it is stopped", () -> count(watchdogs, stopped) == stops + 2);
        watchdogs.configure(WATCHDOG + "~pg1", settings);
        awaitLinks(conmgr, 1, links + 2);
        assertThat(count(conmgr, "declared dead")).isEqualTo(dead);
    }

    @Test
    void aRestartOfConmgrEndsNothingWhenTheAdministratorWantsItSo() throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", "app");
        properties.setProperty("localSocketAddress", CLIENT);
        try (Connection past = DriverManager.getConnection(instance(0).jdbcUrl("postgres"), properties);
                Connection kept = connect("primary")) {
            int lost = count(watchdogs, "heartbeat link from conmgr \"app-host\"");
            conmgr.kill(); // cm_ctl stop -m immediate
            Await.until(
                    "the watchdogs have noticed",
                    () -> count(watchdogs, "heartbeat link from conmgr \"app-host\"") >= lost + 2);
            conmgr = startConmgr();
            assertThat(kept.isValid(5)).isTrue();
            conmgr.close(); // cm_ctl stop
            watchdogs.awaitOutput("lost: shut down by peer");
            conmgr = startConmgr();
            assertThat(past.isValid(5)).isTrue();
            assertThat(watchdogs.output()).doesNotContain("terminated ");
        }
    }

    private void fill(List<Connection> all) {
        try {
            while (true) {
                all.add(instance(1).connect("postgres", "app", ""));
            }
        } catch (SQLException full) {
            assertThat(full.getSQLState()).isEqualTo("53300");
        }
    }

    @Test
    void anInstanceThatTakesNoNewConnectionsKeepsWhatItHasAndGetsNoMore() throws Exception {
        List<Connection> all = new ArrayList<>();
        try (Connection before = connect("secondary")) {
            Await.until("the instance takes no more", () -> {
                // Again and again: a backend that was ending may leave a slot after the first refusal.
                fill(all);
                return conmgr.output().contains("to (standby, degraded, timeline 1)");
            });
            assertThatThrownBy(() -> connect("secondary"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("takes no new connections");
            try (Connection elsewhere = connect("preferSecondary")) {
                assertThat(elsewhere.getMetaData().getURL())
                        .contains(":" + instance(0).port() + "/");
            }
            assertThat(before.isValid(5)).isTrue();
            watchdogs.awaitOutput("watchdog \"pg1\": its instance takes no new connections: ");
        } finally {
            for (Connection connection : all) {
                connection.close();
            }
        }
        conmgr.awaitOutput("changed from (standby, degraded, timeline 1) to (standby, timeline 1)");
        connect("secondary").close();
    }
}
