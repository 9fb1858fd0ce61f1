package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.conmgr.jdbc.Servers.address;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.standby;
import static org.conmgr.jdbc.Servers.value;
import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.conmgr.jdbc.Servers.Way;
import org.conmgr.testkit.BlackHole;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is dead in its several ways must cost no more than its share of the time. */
class TimeoutTest {
    private FakeConmgr conmgr;

    /** Accepts, and never says a word. */
    private ServerSocket silent;

    private long start;

    @BeforeEach
    void start() throws IOException {
        conmgr = FakeConmgr.routing(Servers.route(0, primary()));
        silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start = System.nanoTime();
    }

    @AfterEach
    void stop() throws IOException {
        conmgr.close();
        silent.close();
    }

    private long millis() {
        return (System.nanoTime() - start) / 1_000_000;
    }

    private static SQLException failure(Way way, String hosts, String parameters) {
        return catchThrowableOfType(SQLException.class, () -> {
            try (Connection connection = DriverManager.getConnection(way.url(hosts, parameters))) {
                assertThat(connection).isNull();
            }
        });
    }

    private String silentAddress() {
        return "127.0.0.1:" + silent.getLocalPort();
    }

    @Test
    void aBlackHoleTakesItsConnectTimeoutAndNoMore() throws Exception {
        try (BlackHole hole = new BlackHole()) {
            start = System.nanoTime();
            try (Connection connection = DriverManager.getConnection(
                    Way.DRIVER.url("127.0.0.1:" + hole.port() + "," + conmgr.address(), "connectTimeout=1"))) {
                assertThat(millis()).isBetween(950L, 6000L);
                assertThat(connection.isValid(5)).isTrue();
            }
        }
    }

    @Test
    void aBlackHoleLeavesTheOthersTheirShareOfTheLoginTimeout() throws Exception {
        try (BlackHole hole = new BlackHole()) {
            start = System.nanoTime();
            String hosts = "127.0.0.1:" + hole.port() + "," + silentAddress() + "," + conmgr.address();
            try (Connection connection = DriverManager.getConnection(Way.DRIVER.url(hosts, "loginTimeout=4.5"))) {
                // A third, then half of what is left.
                assertThat(millis()).isBetween(2950L, 4500L);
                assertThat(connection.isValid(5)).isTrue();
            }
        }
    }

    /** Half of what was left when its turn came. */
    private static final String SHARE = "0\\.[3-6] s";

    @Test
    void theLoginTimeoutBoundsTheWholeList() throws Exception {
        try (BlackHole hole = new BlackHole()) {
            start = System.nanoTime();
            String dead = "127.0.0.1:" + hole.port();
            SQLException failure = failure(Way.DRIVER, dead + "," + silentAddress(), "loginTimeout=1.2");
            assertThat(millis()).isBetween(1150L, 6000L);
            assertThat((Throwable) failure)
                    .hasFieldOrPropertyWithValue("SQLState", "08001")
                    .hasMessageMatching(Pattern.quote("no connection: " + dead + ": no TCP connection within ")
                            + SHARE
                            + Pattern.quote("; " + silentAddress() + ": no answer within ")
                            + SHARE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFrozenConmgrIsGivenUp(Way way) {
        SQLException failure = failure(way, silentAddress(), "connectTimeout=1");
        assertThat(millis()).isBetween(950L, 6000L);
        assertThat(failure.getSQLState()).isEqualTo("08001");
        assertThat(Servers.chain(failure)).contains(silentAddress() + ": no answer within 1.0 s");
    }

    @ParameterizedTest
    @EnumSource
    void aFrozenInstanceIsGivenUp(Way way) throws Exception {
        standby().freeze();
        try (FakeConmgr frozen = FakeConmgr.routing(Servers.route(4, standby()))) {
            start = System.nanoTime();
            SQLException failure = failure(way, frozen.address(), "connectTimeout=1");
            assertThat(millis()).isBetween(900L, 6000L);
            assertThat(failure.getSQLState()).isEqualTo("08001");
            assertThat(Servers.chain(failure))
                    .contains("instance 4 (db1.test:" + standby().port() + "), named by conmgr " + frozen.address()
                            + ", did not answer within 1.0 s");
            until("conmgr learns of the end", () -> frozen.applications().get(0).gone());
        } finally {
            standby().thaw();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFrozenServerOfTheListIsGivenUp(Way way) throws Exception {
        standby().freeze();
        try {
            start = System.nanoTime();
            String hosts = address(standby()) + "," + conmgr.address();
            try (Connection connection = DriverManager.getConnection(way.url(hosts, "connectTimeout=1"))) {
                assertThat(millis()).isBetween(900L, 6000L);
                assertThat(value(connection, "select inet_server_port()"))
                        .isEqualTo("" + primary().port());
            }
        } finally {
            standby().thaw();
        }
    }

    @Test
    void anInstanceThatFreezesInTheMidstOfTheLoginIsGivenUp() throws Exception {
        // Answers the request for TLS, then nothing.
        CompletableFuture<Void> server = CompletableFuture.runAsync(() -> {
            try (java.net.Socket socket = silent.accept()) {
                socket.getInputStream().readNBytes(8);
                socket.getOutputStream().write('N');
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        try (FakeConmgr frozen =
                FakeConmgr.routing(FakeConmgr.route(4, "db1.test", "127.0.0.1", silent.getLocalPort()))) {
            SQLException failure = failure(Way.DRIVER, frozen.address(), "connectTimeout=1");
            assertThat(millis()).isBetween(900L, 6000L);
            assertThat((Throwable) failure).hasMessageContaining("did not answer within 1.0 s");
        }
        server.join();
    }

    @Test
    void conmgrMaySayThatTheInstanceIsGoneWhileItIsConnectedTo() throws Exception {
        try (BlackHole hole = new BlackHole();
                FakeConmgr behind = FakeConmgr.routing(FakeConmgr.route(5, "db1.test", "127.0.0.1", hole.port()))) {
            CompletableFuture<SQLException> connect =
                    CompletableFuture.supplyAsync(() -> failure(Way.DRIVER, behind.address(), "connectTimeout=9"));
            until("asked", () -> behind.applications().size() == 1);
            start = System.nanoTime();
            behind.applications().get(0).down("conmgr declared instance 5 dead: timed out");
            assertThat((Throwable) connect.join())
                    .hasFieldOrPropertyWithValue("SQLState", "08001")
                    .hasMessage("no connection: " + behind.address() + ": conmgr declared instance 5 dead: timed out");
            assertThat(millis()).isLessThan(6000);
        }
    }

    @Test
    void aConnectionThatIsThereHasNoTimeout() throws Exception {
        List<Connection> connections = new ArrayList<>();
        try {
            for (Way way : Way.values()) {
                connections.add(way.connect(conmgr, "connectTimeout=3&sslmode=disable"));
                connections.add(way.connect(conmgr, "connectTimeout=3&sslmode=require"));
            }
            assertThat(value(connections.get(3), "select coalesce(pg_sleep(3.1)::text, 'slept')"))
                    .isEmpty();
            for (Connection connection : connections) {
                assertThat(connection.isValid(5)).isTrue();
            }
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    @Test
    void namesAreResolvedWithinTheTime() throws Exception {
        // With the system's own resolver, which does not hang here.
        assertThat(Resolver.resolve("localhost", Deadline.afterMillis(1000))).isNotEmpty();
        assertThat((Throwable) failure(Way.DRIVER, "no-such-host.invalid:1", "loginTimeout=30"))
                .hasMessage("no connection: no-such-host.invalid:1: the name cannot be resolved");
    }
}
