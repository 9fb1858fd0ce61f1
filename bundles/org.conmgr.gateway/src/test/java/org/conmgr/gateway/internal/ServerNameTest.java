package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.routing.internal.RouteWait;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that may choose by the server name, while they take their time to say it. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class ServerNameTest {
    private static final Map<String, String> SETTINGS = Map.of("server_names", "ro.test=standby");
    private static final int DEADLINE_MS = 20_000;
    private static final int RECORD_HEADER = 5;

    private final boolean epoll;
    private final ServerSocket server;

    ServerNameTest(boolean epoll) throws IOException {
        this.epoll = epoll;
        server = new ServerSocket(0);
        server.setSoTimeout(DEADLINE_MS);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private GatewaySite site(Duration nameLimit) {
        return new GatewaySite(epoll, SETTINGS, nameLimit).instance(0, server.getLocalPort(), Role.PRIMARY);
    }

    /** An instance that takes TLS. */
    private Socket accept() throws IOException {
        Socket instance = server.accept();
        instance.setSoTimeout(DEADLINE_MS);
        assertThat(instance.getInputStream().readNBytes(8)).isEqualTo(RawClient.sslRequest());
        instance.getOutputStream().write('S');
        return instance;
    }

    private static byte[] clientHello() throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine("pg.test", 5432);
        engine.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        byte[] bytes = new byte[hello.flip().remaining()];
        hello.get(bytes);
        return bytes;
    }

    @Test
    void whoBeginsTlsAndSaysNoMoreIsClosed() throws Exception {
        try (GatewaySite site = site(Duration.ofMillis(300));
                RawClient client = new RawClient(site.open()).send(RawClient.sslRequest());
                Socket instance = accept()) {
            assertThat(client.read()).isEqualTo('S');
            assertThat(client.read()).as("closed").isEqualTo(-1);
            assertThat(instance.getInputStream().read())
                    .as("and so is the instance's connection")
                    .isEqualTo(-1);
            Await.until("no session is left", () -> site.board.applications().isEmpty());
            assertThat(site.log.texts(Message.ENCRYPTED_CLIENT_REFUSED))
                    .singleElement()
                    .asString()
                    .contains("no ClientHello within 300ms");
        }
    }

    @Test
    void whoSendsHalfAClientHelloAndNoMoreIsClosed() throws Exception {
        byte[] hello = clientHello();
        byte[] record = Arrays.copyOf(hello, hello.length / 2);
        ByteBuffer.wrap(record).putShort(RECORD_HEADER - Short.BYTES, (short) (record.length - RECORD_HEADER));
        try (GatewaySite site = site(Duration.ofMillis(300));
                RawClient client = new RawClient(site.open())) {
            client.send(record);
            assertThat(client.read()).as("closed").isEqualTo(-1);
        }
    }

    @Test
    void anInstanceThatDiesWhileTheNameIsReadIsReplaced() throws Exception {
        byte[] hello = clientHello();
        try (GatewaySite site = site(TlsStart.NAME_LIMIT);
                RawClient client = new RawClient(site.open()).send(RawClient.sslRequest())) {
            try (Socket instance = accept()) {
                assertThat(client.read()).isEqualTo('S');
                site.dead(0);
                assertThat(instance.getInputStream().read()).isEqualTo(-1);
            }
            site.instance(1, server.getLocalPort(), Role.PRIMARY);
            client.send(hello);
            try (Socket next = accept()) {
                assertThat(next.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
            }
        }
    }

    private void theInstanceAnswersAndCloses(GatewaySite site, RawClient client) throws IOException {
        try (Socket instance = accept()) {
            assertThat(client.read()).isEqualTo('S');
            assertThat(instance.isClosed()).isFalse();
        }
        Await.until(
                "the gateway has seen the instance close",
                () -> site.board.applications().isEmpty());
    }

    @Test
    void anInstanceThatDiesWhileItIsAskedOnceMoreIsReplaced() throws Exception {
        byte[] hello = clientHello();
        try (GatewaySite site = site(TlsStart.NAME_LIMIT);
                RawClient client = new RawClient(site.open()).send(RawClient.sslRequest())) {
            theInstanceAnswersAndCloses(site, client);
            client.send(hello);
            try (Socket silent = server.accept()) {
                silent.setSoTimeout(DEADLINE_MS);
                assertThat(silent.getInputStream().readNBytes(8)).isEqualTo(RawClient.sslRequest());
                RouteWait.set(site.board, Duration.ofMinutes(5));
                site.dead(0);
                assertThat(silent.getInputStream().read()).isEqualTo(-1);
            }
            site.instance(1, server.getLocalPort(), Role.PRIMARY);
            try (Socket next = accept()) {
                assertThat(next.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
            }
        }
    }

    @Test
    void anInstanceThatDoesNotWaitForTheNameIsConnectedAnew() throws Exception {
        byte[] hello = clientHello();
        try (GatewaySite site = site(TlsStart.NAME_LIMIT);
                RawClient client = new RawClient(site.open()).send(RawClient.sslRequest())) {
            theInstanceAnswersAndCloses(site, client);
            client.send(hello);
            try (Socket again = accept()) {
                assertThat(again.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
                again.getOutputStream().write(new byte[] {1, 2, 3});
                assertThat(client.read(3)).containsExactly(1, 2, 3);
            }
            assertThat(client.read()).as("it ends as any other").isEqualTo(-1);
        }
    }
}
