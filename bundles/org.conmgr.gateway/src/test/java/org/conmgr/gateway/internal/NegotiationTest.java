package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.conmgr.api.instance.Role;
import org.conmgr.routing.internal.RouteWait;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances that are lost while they are asked about TLS. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class NegotiationTest {
    private static final int DEADLINE_MS = 20_000;

    private final ServerSocket first = new ServerSocket(0);
    private final ServerSocket second = new ServerSocket(0);
    private final GatewaySite site;
    private final int port;

    NegotiationTest(boolean epoll) throws IOException {
        site = new GatewaySite(epoll, Map.of("target_session_attrs", "prefer-primary"))
                .instance(0, first.getLocalPort(), Role.PRIMARY);
        port = site.open();
    }

    @AfterEach
    void close() throws IOException {
        site.close();
        first.close();
        second.close();
    }

    /** An instance that has been asked and has not answered yet. */
    private static Socket asked(ServerSocket server) throws IOException {
        server.setSoTimeout(DEADLINE_MS);
        Socket instance = server.accept();
        instance.setSoTimeout(DEADLINE_MS);
        assertThat(instance.getInputStream().readNBytes(8)).isEqualTo(RawClient.sslRequest());
        return instance;
    }

    private void lose(Socket instance, boolean dead) throws IOException {
        if (dead) {
            site.dead(0);
            assertThat(instance.getInputStream().read()).isEqualTo(-1);
        }
        instance.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theNextOneIsAsked(boolean dead) throws Exception {
        site.instance(1, second.getLocalPort(), Role.STANDBY);
        byte[] early = {22, 3, 1};
        byte[] sent =
                ByteBuffer.allocate(11).put(RawClient.sslRequest()).put(early).array();
        try (RawClient client = new RawClient(port).send(sent)) {
            lose(asked(first), dead);
            try (Socket next = asked(second)) {
                next.getOutputStream().write('S');
                assertThat(client.read()).isEqualTo('S');
                assertThat(next.getInputStream().readNBytes(early.length)).isEqualTo(early);
                next.getOutputStream().write(42);
                assertThat(client.read()).isEqualTo(42);
                assertThat(site.board.applications())
                        .singleElement()
                        .satisfies(session -> assertThat(session.instance()).isEqualTo(1));
            }
        }
    }

    @Test
    void whoGoesOnWithoutTlsStaysThere() throws Exception {
        site.instance(1, second.getLocalPort(), Role.STANDBY);
        byte[] startup = RawClient.startup(0, "user", "u");
        try (RawClient client = new RawClient(port).send(RawClient.sslRequest())) {
            lose(asked(first), true);
            try (Socket next = asked(second)) {
                next.getOutputStream().write('N');
                assertThat(client.read()).isEqualTo('N');
                client.send(startup);
                assertThat(next.getInputStream().readNBytes(startup.length)).isEqualTo(startup);
            }
        }
    }

    @Test
    void oneThatComesBackWithinTheWaitIsAskedAgain() throws Exception {
        RouteWait.set(site.board, Duration.ofMinutes(5));
        try (RawClient client = new RawClient(port).send(RawClient.sslRequest())) {
            lose(asked(first), true);
            site.role(0, Role.PRIMARY);
            try (Socket again = asked(first)) {
                again.getOutputStream().write('S');
                assertThat(client.read()).isEqualTo('S');
            }
        }
    }

    @Test
    void whoHasEndedDoesNotWaitForAnother() throws Exception {
        RouteWait.set(site.board, Duration.ofMinutes(5));
        try (RawClient client = new RawClient(port).send(RawClient.sslRequest())) {
            Socket instance = asked(first);
            client.socket.shutdownOutput();
            lose(instance, true);
            assertThat(client.read()).isEqualTo(-1);
            Await.until("it waits no more", () -> site.board.applications().isEmpty());
        }
    }

    @Test
    void whoHasEndedIsAnsweredByTheNextOne() throws Exception {
        RouteWait.set(site.board, Duration.ofMinutes(5));
        site.instance(1, second.getLocalPort(), Role.STANDBY);
        try (RawClient client = new RawClient(port).send(RawClient.sslRequest())) {
            Socket instance = asked(first);
            client.socket.shutdownOutput();
            lose(instance, true);
            try (Socket next = asked(second)) {
                next.getOutputStream().write('S');
                assertThat(client.read()).isEqualTo('S');
            }
        }
    }
}
