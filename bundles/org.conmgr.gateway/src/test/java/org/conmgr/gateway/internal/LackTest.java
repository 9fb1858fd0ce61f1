package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import org.conmgr.api.instance.Role;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients whom this process has no file descriptor for: none may wait for ever. */
class LackTest {
    private static final byte[] KEY = {0, 0, 0, 9, 1, 2, 3, 4};

    @ParameterizedTest
    @ValueSource(strings = {"passthrough", "originate"})
    void aClientIsRefused(String tls) throws Exception {
        try (ServerSocket server = new ServerSocket(0);
                GatewaySite site = new GatewaySite(true, Map.of("tls", tls))) {
            site.instance(0, server.getLocalPort(), Role.PRIMARY);
            int port = site.open();
            site.lacking = true;
            try (RawClient client = new RawClient(port).send(RawClient.startup(0, "user", "u"))) {
                client.untilReady();
                assertThat(client.error).contains("57P03", "Too many open files");
                assertThat(client.read()).isEqualTo(-1);
            }
            try (RawClient client = new RawClient(port).send(RawClient.sslRequest())) {
                assertThat(client.read()).isEqualTo('N');
            }
            Await.until("nobody is left", () -> site.board.applications().isEmpty());
        }
    }

    @Test
    void aCancelRequestComesToItsEnd() throws Exception {
        try (ServerSocket server = new ServerSocket(0);
                GatewaySite site = new GatewaySite(true, Map.of())) {
            server.setSoTimeout(20_000);
            site.instance(0, server.getLocalPort(), Role.PRIMARY);
            int port = site.open();
            try (RawClient session = new RawClient(port).send(RawClient.startup(0, "user", "u"));
                    Socket instance = server.accept()) {
                instance.getOutputStream().write(RawClient.raw('K', KEY));
                assertThat(session.read()).isEqualTo('K');
                site.lacking = true;
                try (RawClient cancel = new RawClient(port).send(RawClient.cancel(KEY))) {
                    assertThat(cancel.read()).isEqualTo(-1);
                }
            }
        }
    }
}
