package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances that die while the gateway begins TLS with them. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class OriginateTest {
    private final ServerSocket server;
    private final GatewaySite site;
    private final int port;

    OriginateTest(boolean epoll) throws IOException {
        server = new ServerSocket(0);
        server.setSoTimeout(20_000);
        site = new GatewaySite(epoll, Map.of("tls", "originate", "connect_timeout", "20s"))
                .instance(0, server.getLocalPort(), Role.PRIMARY);
        port = site.open();
    }

    @AfterEach
    void close() throws IOException {
        site.close();
        server.close();
    }

    /** @param accepts whether it has answered that it takes TLS */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theVerdictIsTheReason(boolean accepts) throws Exception {
        try (RawClient client = new RawClient(port).send(RawClient.startup(0, "user", "u"));
                Socket instance = server.accept()) {
            assertThat(instance.getInputStream().readNBytes(8)).isEqualTo(RawClient.sslRequest());
            if (accepts) {
                instance.getOutputStream().write('S');
                assertThat(instance.getInputStream().read())
                        .as("a TLS handshake")
                        .isEqualTo(22);
            }
            site.dead(0);
            client.untilReady();
            String verdict = "instance 0 (127.0.0.1:" + server.getLocalPort() + "): timed out: silent for 2.0 s";
            assertThat(client.error).contains("57P03", " D" + verdict);
            assertThat(site.log.texts(Message.INSTANCE_NOT_REACHED))
                    .singleElement()
                    .asString()
                    .contains("silent for 2.0 s");
        }
    }
}
