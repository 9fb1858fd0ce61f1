package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Role;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.gateway.internal.Program.Result;
import org.conmgr.routing.internal.RouteWait;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients for whom there is no instance yet: psql waits for one, and learns it when none comes. */
class RouteWaitTest {
    /** Longer than any test here waits for anything. */
    private static final Duration LONG = Duration.ofMinutes(5);

    private static EmbeddedCluster cluster;

    private GatewaySite site;
    private int port;

    @BeforeAll
    static void start() {
        cluster = EmbeddedCluster.builder().standbys(0).start();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void open() {
        site = new GatewaySite(true, Map.of()).instance(0, cluster.primary().port(), Role.STANDBY);
        port = site.open();
    }

    @AfterEach
    void close() {
        site.close();
    }

    private Result psql(String sslmode) {
        return Program.of("psql", "-X", "-A", "-t", "-c", "select 1")
                .environment("PGHOST", "127.0.0.1")
                .environment("PGPORT", String.valueOf(port))
                .environment("PGUSER", EmbeddedInstance.SUPERUSER)
                .environment("PGDATABASE", "postgres")
                .environment("PGSSLMODE", sslmode)
                .run();
    }

    private void awaitWaiting() {
        Await.until("it waits", () -> site.board.applications().stream()
                .anyMatch(application -> application.instance() == -1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "prefer"})
    void whoAsksForAPrimaryIsHeldUntilThereIsOne(String sslmode) throws Exception {
        Program.assumeThere("psql");
        RouteWait.set(site.board, LONG);
        CompletableFuture<Result> held = CompletableFuture.supplyAsync(() -> psql(sslmode));
        awaitWaiting();
        site.role(0, Role.PRIMARY);
        assertThat(held.get(60, TimeUnit.SECONDS).successful().text()).isEqualTo("1\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "prefer"})
    void whoAsksForAPrimaryThatDoesNotComeIsRefused(String sslmode) {
        Program.assumeThere("psql");
        RouteWait.set(site.board, Duration.ofMillis(1_500));
        long start = System.nanoTime();
        Result refused = psql(sslmode);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isGreaterThanOrEqualTo(1_500);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.text()).contains("FATAL:  no instance with target_session_attrs=primary: 0 (standby, up)");
        assertThat(site.board.applications()).isEmpty();
    }

    @Test
    void whoEndsWhileItWaitsIsGone() throws Exception {
        RouteWait.set(site.board, LONG);
        try (RawClient session = new RawClient(port).send(RawClient.startup(0, "user", "u"))) {
            awaitWaiting();
            session.socket.shutdownOutput();
            assertThat(session.read()).isEqualTo(-1);
            Await.until("it waits no more", () -> site.board.applications().isEmpty());
        }
    }

    @Test
    void itsSqlStateMovesLibpqOn() throws Exception {
        RouteWait.set(site.board, Duration.ofMillis(100));
        try (RawClient refused = new RawClient(port).send(RawClient.startup(0, "user", "u"))) {
            refused.untilReady();
            assertThat(refused.error).contains("57P03");
        }
    }

    /** The verdict on a dead primary comes later than the first client that finds it dead. */
    @Test
    void whoAsksAboutTlsDoesNotWaitThoughThePrimaryIsNotReached() throws Exception {
        RouteWait.set(site.board, LONG);
        site.instance(1, FreePort.next(), Role.PRIMARY);
        try (RawClient client = new RawClient(port).send(RawClient.sslRequest())) {
            assertThat(client.read()).isEqualTo('N');
            client.login(0, "options", "-c conmgr.target_session_attrs=standby");
            assertThat(client.query("select 1")).isEqualTo("1\n");
        }
        try (RawClient client = new RawClient(port).send(RawClient.sslRequest())) {
            assertThat(client.read()).isEqualTo('N');
            client.send(RawClient.startup(0, "user", EmbeddedInstance.SUPERUSER, "database", "postgres"));
            awaitWaiting();
            site.dead(1);
            site.role(0, Role.PRIMARY);
            client.untilReady();
            assertThat(client.query("select 1")).isEqualTo("1\n");
        }
    }

    /** Between the choice of whom to ask about TLS and the asking. */
    @Test
    void thePrimaryMayDieBeforeTheRouterIsAsked() throws IOException {
        RouteWait.set(site.board, LONG);
        site.role(0, Role.PRIMARY);
        site.instance(1, cluster.primary().port(), Role.STANDBY);
        site.beforeAsking = () -> site.dead(0);
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setSoTimeout(30_000);
            client.getOutputStream().write(new byte[] {0, 0, 0, 8, 0x04, (byte) 0xd2, 0x16, 0x2f});
            assertThat(client.getInputStream().read()).as("told at once").isEqualTo('N');
        }
    }
}
