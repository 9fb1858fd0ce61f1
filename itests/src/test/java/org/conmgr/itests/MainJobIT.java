package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The main job on real processes: PostgreSQL, a watchdog beside each instance, a conmgr, an application. Each test
 * leaves the site as it found it, except for who is primary.
 */
@NullUnmarked
class MainJobIT {
    private static Site site;

    @BeforeAll
    static void start() {
        // The same instances die again and again; each is waited for to be used again.
        site = Site.start(new Node.Settings().with("org.conmgr.routing", "hold_down", "200ms"));
    }

    @AfterAll
    static void stop() {
        if (site != null) {
            site.close();
        }
    }

    private static int primary() {
        return site.cluster().instances().indexOf(site.cluster().primary());
    }

    @Test
    void everyTargetLandsOnARightInstance() throws SQLException {
        for (String target : List.of("primary", "master", "preferPrimary")) {
            try (Connection connection = site.connect(target)) {
                assertThat(site.instanceOf(connection)).as(target).isEqualTo(primary());
            }
        }
        List<Connection> open = new ArrayList<>();
        try {
            for (String target : List.of("secondary", "slave", "preferSecondary", "preferSlave")) {
                Set<Integer> used = new HashSet<>();
                for (int i = 0; i < 2; i++) {
                    Connection connection = site.connect(target);
                    open.add(connection);
                    used.add(site.instanceOf(connection));
                }
                assertThat(used).as(target + " uses both standbys").hasSize(2).doesNotContain(primary());
            }
            open.add(site.connect("any"));
        } finally {
            for (Connection connection : open) {
                connection.close();
            }
        }
    }

    @Test
    void afterAPromotionTheNextConnectLandsOnTheNewPrimary() throws SQLException {
        List<Long> took = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            EmbeddedInstance old = site.cluster().primary();
            EmbeddedInstance next = site.cluster().standbys().get(0);
            try (Connection doomed = site.connect("primary")) {
                old.killAll();
                assertThatThrownBy(() -> doomed.createStatement().execute("select 1"))
                        .isInstanceOf(SQLException.class);
                next.promote();
                long promoted = System.nanoTime();
                while (true) {
                    try (Connection connection = site.connect("primary")) {
                        took.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - promoted));
                        assertThat(site.instanceOf(connection))
                                .isEqualTo(site.cluster().instances().indexOf(next));
                        break;
                    } catch (SQLException notYet) {
                        assertThat(notYet.getSQLState()).isEqualTo("08001");
                        assertThat(System.nanoTime() - promoted)
                                .as("still: %s", notYet.getMessage())
                                .isLessThan(TimeUnit.SECONDS.toNanos(10));
                    }
                }
            }
            site.follow(next, old);
        }
        System.out.println("promoted to connected: " + took + " ms, check_attr_interval " + Site.CHECK_MILLIS + " ms");
        // Whatever else this machine does, once in three it lets the product show what it can.
        assertThat(Collections.min(took)).isLessThanOrEqualTo(Site.CHECK_MILLIS + 500L);
    }

    @Test
    void aBlockedQueryFailsWithinTheTimeoutWhenItsHostIsGone() throws Exception {
        List<Long> took = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            EmbeddedInstance instance = site.cluster().primary();
            Node watchdog = site.watchdogOf(instance);
            try (Connection connection = site.connect("primary")) {
                CompletableFuture<SQLException> failure = Site.block(connection, instance);
                instance.freeze();
                watchdog.freeze();
                long frozen = System.nanoTime();
                SQLException e = failure.get(30, TimeUnit.SECONDS);
                took.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - frozen));
                assertThat(e.getSQLState()).isEqualTo("08006");
                assertThat(e.getMessage())
                        .contains("instance " + primary())
                        .contains("127.0.0.1:" + instance.port())
                        .contains("timed out");
            } finally {
                instance.thaw();
                watchdog.thaw();
            }
            site.awaitRoutes();
        }
        System.out.println("frozen to failed: " + took + " ms, heartbeat_timeout " + Site.TIMEOUT_MILLIS + " ms");
        assertThat(Collections.min(took)).isLessThanOrEqualTo(Site.TIMEOUT_MILLIS + 500L);
        assertThat(Collections.max(took)).isLessThanOrEqualTo(Site.TIMEOUT_MILLIS + 1500L);
    }

    @Test
    void itFailsAtOnceWhenItsHostsProcessesAreKilled() throws Exception {
        EmbeddedInstance instance = site.cluster().standbys().get(0);
        int number = site.cluster().instances().indexOf(instance);
        try (Connection here = connectTo(number);
                Connection elsewhere = connectTo(primary())) {
            CompletableFuture<SQLException> failure = Site.block(here, instance);
            long killed = System.nanoTime();
            site.watchdogOf(instance).kill();
            instance.killAll();
            SQLException e = failure.get(30, TimeUnit.SECONDS);
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
            System.out.println("killed to failed: " + took + " ms");
            assertThat(took).isLessThan(Site.TIMEOUT_MILLIS);
            assertThat(e.getSQLState()).isEqualTo("08006");
            assertThat(site.instanceOf(elsewhere))
                    .as("connections to the others are left alone")
                    .isEqualTo(primary());
        }
        instance.start();
        site.replaceWatchdog(instance);
        site.awaitRoutes();
    }

    private static Connection connectTo(int number) throws SQLException {
        for (int i = 0; i < 20; i++) {
            Connection connection = site.connect(number == primary() ? "primary" : "secondary");
            if (site.instanceOf(connection) == number) {
                return connection;
            }
            connection.close();
        }
        throw new AssertionError("no connection to instance " + number);
    }

    @Test
    void aWatchdogThatDiesAloneCostsNoSession() throws Exception {
        EmbeddedInstance instance = site.cluster().standbys().get(0);
        int number = site.cluster().instances().indexOf(instance);
        try (Connection connection = connectTo(number)) {
            site.watchdogOf(instance).kill();
            site.conmgr().awaitOutput("is unmonitored");
            assertThat(site.instanceOf(connection)).isEqualTo(number);
            site.replaceWatchdog(instance);
            site.awaitRoutes();
            assertThat(site.instanceOf(connection)).isEqualTo(number);
        }
    }

    @Test
    void theBackendsOfAConmgrThatIsKilledDisappear() throws Exception {
        try (Connection first = site.connect("primary");
                Connection second = site.connect("secondary")) {
            try (Statement statement = first.createStatement()) {
                statement.execute("create table if not exists held (i int)");
            }
            first.setAutoCommit(false);
            try (Statement statement = first.createStatement()) {
                statement.execute("lock table held in access exclusive mode");
            }
            assertThat(backends(site.cluster().primary())).isPositive();
            site.conmgr().kill();
            for (EmbeddedInstance instance : site.cluster().instances()) {
                Await.until("no backend of the client is left on " + instance, () -> backends(instance) == 0);
            }
            assertThat(second.isClosed() || !second.isValid(1)).isTrue();
        } finally {
            site.replaceConmgr();
            site.awaitLinks();
        }
        site.awaitRoutes();
    }

    private static int backends(EmbeddedInstance instance) throws SQLException {
        return Integer.parseInt(
                instance.query("select count(*) from pg_stat_activity where client_addr = '" + Site.CLIENT + "'"));
    }

    @Test
    void silentAndGarbagePeersHarmNobody() throws Exception {
        List<Socket> peers = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                peers.add(new Socket(InetAddress.getLoopbackAddress(), site.conmgrPort()));
                peers.add(new Socket(InetAddress.getLoopbackAddress(), site.watchdogPort(0)));
            }
            for (Socket peer : peers.subList(0, 100)) {
                peer.getOutputStream().write(new byte[] {0x47, 0x45, 0x54, 0x20, 0x2f, 0x0d, 0x0a, (byte) 0xff});
            }
            try (Connection connection = site.connect("primary")) {
                assertThat(site.instanceOf(connection)).isEqualTo(primary());
            }
            assertThat(backends(site.cluster().primary())).isNotNegative();
        } finally {
            for (Socket peer : peers) {
                peer.close();
            }
        }
    }
}
