package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.conmgr.watchdog.jdbc.internal.Instances.address;
import static org.conmgr.watchdog.jdbc.internal.Instances.checker;
import static org.conmgr.watchdog.jdbc.internal.Instances.client;
import static org.conmgr.watchdog.jdbc.internal.Instances.execute;
import static org.conmgr.watchdog.jdbc.internal.Instances.intOf;
import static org.conmgr.watchdog.jdbc.internal.Instances.seen;
import static org.conmgr.watchdog.jdbc.internal.Instances.terminator;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.Driver;

/** Whose sessions the terminator ends, and whose it does not. */
class JdbcTerminatorTest {
    private static EmbeddedCluster cluster;
    private static EmbeddedInstance instance;

    @BeforeAll
    static void start() throws Exception {
        cluster = Instances.start(Instances.builder()
                .standbys(0)
                .listenAddresses("127.0.0.1, ::1")
                .hba("host all all ::1/128 trust")
                .setting("superuser_reserved_connections", "85")
                .role("standby"));
        instance = cluster.primary();
        instance.query("alter role standby replication");
        instance.query("create table locked ()");
        instance.query("grant all on locked to app");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void awaitTheEndOfEarlierClients() {
        Await.until(
                "only the instance's own processes are there",
                () -> text("select count(*) from pg_stat_activity where client_addr is not null")
                        .equals("1"));
    }

    @Test
    void endsSessionsOfAnAddressWhateverTheyDo() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection idle = client(instance, "127.0.0.2");
                Connection active = client(instance, "127.0.0.2");
                Connection inTransaction = client(instance, "127.0.0.2");
                Connection walsender = walsender("127.0.0.2");
                Connection bystander = client(instance, "127.0.0.3")) {
            terminator.connect();
            Worker sleeping = Worker.start(() -> execute(active, "select pg_sleep(20)"));
            inTransaction.setAutoCommit(false);
            execute(inTransaction, "lock table locked in access exclusive mode");
            Worker waiting = Worker.start(() -> execute(bystander, "table locked"));

            assertThat(terminator.terminate(second())).isEqualTo(new Terminated(4, 0));

            waiting.awaitEnd();
            assertThat(sleeping.awaitFailure())
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P01"));
            Await.until(
                    "they are gone",
                    () -> intOf(bystander, "select count(*) from pg_stat_activity where client_addr = '127.0.0.2'")
                            == 0);
            assertThat(idle.isValid(5)).isFalse();
            assertThat(inTransaction.isValid(5)).isFalse();
            assertThat(walsender.isValid(5)).isFalse();
            assertThat(bystander.isValid(5)).isTrue();
            assertThat(terminator.terminate(second())).isEqualTo(new Terminated(0, 0));
        }
    }

    @Test
    void sparesTheWatchdogsOwnAtItsOwnAddress() throws Exception {
        try (AttributeChecker.Connection checker = checker(instance);
                Terminator.Connection terminator = terminator(instance);
                AttributeChecker.Connection otherWatchdog = checker(instance);
                Connection client = client(instance, "127.0.0.1");
                Connection sameRole = client(instance, "127.0.0.1", Instances.ROLE);
                Connection bystander = client(instance, "127.0.0.3", EmbeddedInstance.SUPERUSER)) {
            terminator.connect();
            seen(checker);
            seen(otherWatchdog);
            Set<String> own = ownSessions();
            assertThat(own).hasSize(3);
            Await.until(
                    "the sessions of earlier queries are gone",
                    () -> intOf(bystander, "select count(*) from pg_stat_activity where client_addr = '127.0.0.1'")
                            == 5);
            // Either text of localhost means both.
            assertThat(terminator.terminate(new Termination.Address(address("::1"))))
                    .isEqualTo(new Terminated(2, 0));
            assertThat(client.isValid(5)).isFalse();
            assertThat(sameRole.isValid(5)).isFalse();
            Await.until(
                    "the ended are gone",
                    () -> intOf(bystander, "select count(*) from pg_stat_activity where client_addr = '127.0.0.1'")
                            == 3);
            assertThat(terminator.terminate(new Termination.Address(address("127.0.0.1"))))
                    .isEqualTo(new Terminated(0, 0));
            seen(checker);
            assertThat(ownSessions()).isEqualTo(own);
        }
    }

    @Test
    void localhostIsOneHostButTheUnixSocketIsNone() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection four = client(instance, "127.0.0.1");
                Connection six = six();
                UnixClient local = new UnixClient(instance, Instances.APPLICATION)) {
            byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 127, 0, 0, 1};
            awaitClients(3);
            assertThat(terminator.terminate(new Termination.Address(Inet6Address.getByAddress(null, mapped, -1))))
                    .isEqualTo(new Terminated(2, 0));
            assertThat(four.isValid(5)).isFalse();
            assertThat(six.isValid(5)).isFalse();
            assertThat(local.isValid()).isTrue();
        }
    }

    @Test
    void aRegisteredSocketIsOneOfItsOwnAddress() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection six = six()) {
            int port = intOf(six, "select inet_client_port()");
            assertThat(terminator.terminate(
                            new Termination.Sessions(Set.of(new InetSocketAddress(address("127.0.0.1"), port)))))
                    .isEqualTo(new Terminated(0, 0));
            assertThat(terminator.terminate(
                            new Termination.Sessions(Set.of(new InetSocketAddress(address("::1"), port)))))
                    .isEqualTo(new Terminated(1, 0));
            assertThat(six.isValid(5)).isFalse();
        }
    }

    /** Until the sessions of earlier queries are gone. */
    private static void awaitClients(int count) {
        Await.until(
                count + " client sessions",
                () -> text("select count(*) - 1 from pg_stat_activity where backend_type = 'client backend'")
                        .equals(Integer.toString(count)));
    }

    /** A session is listed, and one more to end, for a moment after its client saw its end. */
    private static void awaitClientsAt(String host, int count) {
        Await.until(
                count + " sessions of " + host,
                () -> text("select count(*) from pg_stat_activity where client_addr = '" + host + "'")
                        .equals(Integer.toString(count)));
    }

    private static Connection six() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", Instances.APPLICATION);
        properties.setProperty("sslmode", "disable");
        return Objects.requireNonNull(
                new Driver().connect("jdbc:postgresql://[::1]:" + instance.port() + "/postgres", properties));
    }

    @Test
    void endsRegisteredSessionsOnly() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection gone = client(instance, "127.0.0.2");
                Connection alsoGone = client(instance, "127.0.0.3");
                Connection stays = client(instance, "127.0.0.2")) {
            InetSocketAddress elsewhere =
                    new InetSocketAddress(address("127.0.0.3"), socket(stays).getPort());
            assertThat(terminator.terminate(
                            new Termination.Sessions(Set.of(socket(gone), socket(alsoGone), elsewhere))))
                    .isEqualTo(new Terminated(2, 0));
            assertThat(gone.isValid(5)).isFalse();
            assertThat(alsoGone.isValid(5)).isFalse();
            assertThat(stays.isValid(5)).isTrue();
            assertThat(terminator.terminate(new Termination.Sessions(Set.of()))).isEqualTo(new Terminated(0, 0));
        }
    }

    @Test
    void sparesWhoeverHasThePortOfALostSessionByNow() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection later = client(instance, "127.0.0.2")) {
            Set<InetSocketAddress> lost = Set.of(socket(later));
            assertThat(terminator.terminate(new Termination.Sessions(
                            lost, System.nanoTime() - Duration.ofMinutes(10).toNanos())))
                    .isEqualTo(new Terminated(0, 0));
            assertThat(later.isValid(5)).isTrue();
            assertThat(terminator.terminate(new Termination.Sessions(lost))).isEqualTo(new Terminated(1, 0));
        }
    }

    /** As when the terminator has to log in first. */
    @Test
    void sparesWhoeverComesWhileTheOrderWaits() throws Exception {
        long lost = System.nanoTime();
        try (Terminator.Connection terminator = terminator(instance);
                Connection later = client(instance, "127.0.0.2")) {
            Termination order = new Termination.Sessions(Set.of(socket(later)), lost);
            assertThat(terminator.terminate(order)).isEqualTo(new Terminated(0, 0));
            assertThat(later.isValid(5)).isTrue();
        }
    }

    /** As when the instance has restarted meanwhile, or the host is back without its conmgr. */
    @Test
    void sparesWhoeverComesFromTheHostWhileTheOrderWaits() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection earlier = client(instance, "127.0.0.2")) {
            Termination order = second();
            try (Connection later = client(instance, "127.0.0.2")) {
                assertThat(terminator.terminate(order)).isEqualTo(new Terminated(1, 0));
                assertThat(earlier.isValid(5)).isFalse();
                assertThat(later.isValid(5)).isTrue();
            }
        }
    }

    /** As on a machine that is too busy to execute it at once. */
    @Test
    void sparesWhoeverComesWhileTheInstanceIsSlow() throws Exception {
        try (Terminator.Connection terminator = terminator(instance)) {
            terminator.connect();
            String backend = text("select pid from pg_stat_activity where application_name = 'terminator process'");
            long lost = System.nanoTime();
            try (Connection later = client(instance, "127.0.0.2")) {
                long begun = System.nanoTime();
                Termination order = new Termination.Sessions(Set.of(socket(later)), lost);
                AtomicReference<Terminated> result = new AtomicReference<>();
                signal("STOP", backend);
                try {
                    Worker ordering = Worker.start(() -> result.set(terminator.terminate(order)));
                    long ordered = System.nanoTime();
                    Await.until(
                            "it has waited longer than the client needed to come",
                            () -> System.nanoTime() - ordered > begun - lost);
                    signal("CONT", backend);
                    ordering.awaitEnd();
                } finally {
                    signal("CONT", backend);
                }
                assertThat(result.get()).isEqualTo(new Terminated(0, 0));
                assertThat(later.isValid(5)).isTrue();
            }
        }
    }

    private static void signal(String signal, String process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-s", signal, process)
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void endsAllThatItMayAndCountsTheRest() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection superuser = client(instance, "127.0.0.2", EmbeddedInstance.SUPERUSER);
                Connection one = client(instance, "127.0.0.2");
                Connection another = client(instance, "127.0.0.2");
                Terminator.Connection mightier = terminator(instance, "user", EmbeddedInstance.SUPERUSER)) {
            assertThat(terminator.terminate(second())).isEqualTo(new Terminated(2, 1));
            assertThat(one.isValid(5)).isFalse();
            assertThat(another.isValid(5)).isFalse();
            assertThat(superuser.isValid(5)).isTrue();
            awaitClientsAt("127.0.0.2", 1);
            assertThat(mightier.terminate(second())).isEqualTo(new Terminated(1, 0));
            assertThat(superuser.isValid(5)).isFalse();
        }
    }

    @Test
    void asksForTheRightsItLacks() throws Exception {
        String text = "role \"app\" cannot see or end the sessions of others: grant pg_monitor, pg_signal_backend to"
                + " \"app\"";
        try (Terminator.Connection blind = terminator(instance, "user", Instances.APPLICATION);
                Connection client = client(instance, "127.0.0.2", Instances.ROLE);
                Connection own = client(instance, "127.0.0.2")) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(blind::connect)
                    .withMessage(text);
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> blind.terminate(second()))
                    .withMessage(text + "; ended 1 that it does see");
            assertThat(client.isValid(5)).isTrue();
            assertThat(own.isValid(5)).isFalse();
            awaitClientsAt("127.0.0.2", 1);
            instance.query("grant pg_monitor to app");
            try (Terminator.Connection powerless = terminator(instance, "user", Instances.APPLICATION)) {
                assertThatExceptionOfType(IOException.class)
                        .isThrownBy(powerless::connect)
                        .withMessage(text);
                assertThat(powerless.terminate(second())).isEqualTo(new Terminated(0, 1));
            }
            // Its session is the one that logged in without.
            assertThat(blind.terminate(second())).isEqualTo(new Terminated(0, 1));
            instance.query("grant pg_signal_backend to app");
            blind.connect();
            assertThat(blind.terminate(second())).isEqualTo(new Terminated(1, 0));
            assertThat(client.isValid(5)).isFalse();
            instance.query("revoke pg_monitor from app");
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> blind.terminate(second()))
                    .withMessage(text + "; ended 0 that it does see");
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(blind::connect)
                    .withMessage(text);
        } finally {
            instance.query("revoke pg_monitor, pg_signal_backend from app");
        }
    }

    @Test
    void worksWhenNoSlotIsLeft() throws Exception {
        List<Connection> clients = new ArrayList<>();
        try (Terminator.Connection terminator = terminator(instance)) {
            terminator.connect();
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            clients.add(client(instance, "127.0.0.2"));
                        }
                    })
                    .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("53300"));
            try (Terminator.Connection late = terminator(instance)) {
                assertThatExceptionOfType(IOException.class)
                        .isThrownBy(late::connect)
                        .withMessageContaining("(53300)");
            }
            assertThat(terminator.terminate(second())).isEqualTo(new Terminated(clients.size(), 0));
            for (Connection client : clients) {
                assertThat(client.isValid(5)).isFalse();
            }
        }
    }

    @Test
    void replacesASessionThatSomebodyEnded() throws Exception {
        try (Terminator.Connection terminator = terminator(instance);
                Connection client = client(instance, "127.0.0.2")) {
            terminator.connect();
            Set<String> before = ownSessions();
            instance.query("select pg_terminate_backend(pid) from pg_stat_activity"
                    + " where application_name = 'terminator process'");
            assertThat(terminator.terminate(second())).isEqualTo(new Terminated(1, 0));
            assertThat(client.isValid(5)).isFalse();
            awaitClientsAt("127.0.0.2", 0);
            Await.passes(
                    "another session",
                    () -> assertThat(ownSessions()).hasSize(1).doesNotContainAnyElementsOf(before));
            assertThat(terminator.terminate(second())).isEqualTo(new Terminated(0, 0));
        }
    }

    /** All of that host by now. */
    private static Termination second() {
        return new Termination.Address(address("127.0.0.2"));
    }

    private static Connection walsender(String from) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "standby");
        properties.setProperty("replication", "database");
        properties.setProperty("assumeMinServerVersion", "13");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("localSocketAddress", from);
        Connection connection = Objects.requireNonNull(new Driver().connect(instance.jdbcUrl("postgres"), properties));
        assertThat(text("select backend_type from pg_stat_activity where usename = 'standby'"))
                .isEqualTo("walsender");
        return connection;
    }

    private static String text(String sql) throws SQLException {
        return Objects.requireNonNull(instance.query(sql));
    }

    private static InetSocketAddress socket(Connection connection) throws SQLException {
        String from = text("select host(client_addr) from pg_stat_activity where pid = "
                + intOf(connection, "select pg_backend_pid()"));
        return new InetSocketAddress(address(from), intOf(connection, "select inet_client_port()"));
    }

    private static Set<String> ownSessions() throws SQLException {
        return Set.of(text("select string_agg(pid::text, ' ') from pg_stat_activity"
                        + " where application_name in ('watchdog process', 'terminator process')")
                .split(" "));
    }
}
