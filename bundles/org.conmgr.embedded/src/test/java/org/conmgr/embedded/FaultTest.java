package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What can be done to one server. */
@Execution(ExecutionMode.SAME_THREAD)
class FaultTest {
    private static EmbeddedCluster cluster;
    private static EmbeddedInstance instance;
    private static ExecutorService client;

    @BeforeAll
    static void start() {
        cluster = EmbeddedCluster.builder().standbys(0).start();
        instance = cluster.primary();
        client = Executors.newSingleThreadExecutor();
    }

    @AfterAll
    static void stop() {
        cluster.close();
        client.shutdownNow();
    }

    @Test
    void aFrozenServerIsSilentUntilItIsThawed() throws Exception {
        try (Connection connection = instance.connect();
                Statement statement = connection.createStatement()) {
            instance.freeze();
            List<Long> pids = instance.pids();
            assertThat(pids).hasSizeGreaterThan(3).allSatisfy(pid -> assertThat(state(pid))
                    .isEqualTo("T"));
            Future<Boolean> answer = client.submit(() -> statement.execute("select 1"));
            try (Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), instance.port())) {
                assertThat(socket.isConnected()).isTrue(); // by the kernel
            }
            assertThat(instance.isRunning()).isTrue();
            assertThatThrownBy(() -> instance.stop(StopMode.FAST))
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining("frozen");
            assertThat(answer).isNotDone();
            instance.thaw();
            assertThat(answer.get(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(instance.query("select 1")).isEqualTo("1");
    }

    @Test
    void aKilledPostmasterLeavesABusyBackendBehindAndStartsAgain() throws Exception {
        long backend;
        Future<?> sleeping;
        try (Connection connection = instance.connect();
                Statement statement = connection.createStatement()) {
            backend = backend(connection);
            // It looks for a dead postmaster only when it waits; this does not.
            sleeping = client.submit(() -> statement.execute("select count(*) from generate_series(1, 1000000000)"));
            Await.until(Await.LIMIT, () -> "the backend is busy", () -> "active"
                    .equals(instance.query("select state from pg_stat_activity where pid = " + backend)));
            instance.kill();
            assertThat(instance.isRunning()).isFalse();
            assertThat(instance.pids()).contains(backend);
            instance.start();
            assertThatThrownBy(() -> sleeping.get(10, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
        }
        assertThat(instance.pids()).doesNotContain(backend);
        assertThat(instance.query("select 1")).isEqualTo("1");
    }

    @Test
    void nothingIsLeftWhenAllAreKilledAtOnceEvenFrozen() throws Exception {
        String memory = SharedMemory.of(instance.dataDirectory());
        try (Connection connection = instance.connect()) {
            long backend = backend(connection);
            assertThat(instance.pids()).contains(backend).first().isNotEqualTo(backend);
            instance.freeze();
            instance.killAll();
            assertThat(instance.isRunning()).isFalse();
            assertThat(instance.pids()).isEmpty();
        }
        assertThat(SharedMemory.all()).contains(memory);
        instance.start();
        assertThat(SharedMemory.all()).doesNotContain(memory);
        assertThat(instance.query("select 1")).isEqualTo("1");
    }

    @Test
    void anImmediateStopRecoversAtTheNextStartOnTheSamePort() throws SQLException {
        int port = instance.port();
        instance.stop(StopMode.IMMEDIATE);
        assertThat(instance.isRunning()).isFalse();
        instance.start();
        assertThat(instance.log()).contains("was not properly shut down");
        assertThat(instance.port()).isEqualTo(port);
        assertThat(instance.query("show port")).isEqualTo(Integer.toString(port));
    }

    @Test
    void aFastStopEndsClientsWhileASmartOneWaitsForThem() throws Exception {
        try (Connection connection = instance.connect();
                Statement statement = connection.createStatement()) {
            Future<?> smart = client.submit(() -> instance.stop(StopMode.SMART));
            Await.until(Await.LIMIT, () -> "the stop is under way", () -> instance.log()
                    .contains("received smart shutdown request"));
            assertThat(smart).isNotDone();
            assertThat(statement.execute("select 1")).isTrue();
            instance.stop(StopMode.FAST);
            smart.get(10, TimeUnit.SECONDS);
            assertThatThrownBy(() -> statement.execute("select 1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P01"));
        }
        assertThatThrownBy(() -> instance.query("select 1"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08001"));
        assertThatThrownBy(() -> instance.stop(StopMode.FAST))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("does not run");
        instance.start();
    }

    @Test
    void aStartWaitsUntilItsPortIsFreeAgain() throws Exception {
        instance.stop(StopMode.FAST);
        Future<?> start;
        try (ServerSocket other = new ServerSocket(instance.port())) {
            start = client.submit(instance::start);
            Await.until(Await.LIMIT, () -> "the server meets " + other, () -> instance.log()
                    .contains("Address already in use"));
        }
        start.get(10, TimeUnit.SECONDS);
        assertThat(instance.query("select 1")).isEqualTo("1");
    }

    @Test
    void aServerThatCannotStartSaysWhy() throws IOException, SQLException {
        instance.stop(StopMode.FAST);
        Path control = instance.dataDirectory().resolve("global/pg_control");
        Path away = control.resolveSibling("away");
        Files.move(control, away);
        assertThatThrownBy(instance::start)
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("n1: ended at start")
                .hasMessageContaining("pg_control");
        Files.move(away, control);
        instance.start();
        assertThat(instance.query("select 1")).isEqualTo("1");
    }

    private static long backend(Connection connection) throws SQLException {
        return connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
    }

    private static String state(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
    }
}
