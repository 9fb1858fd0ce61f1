package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Target;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Instances known by name, some of which a name server does not tell. */
class NamesTest {
    private final CountDownLatch answered = new CountDownLatch(1);

    @AfterEach
    void answer() {
        answered.countDown();
    }

    private InetAddress[] lookUp(String name) {
        if (name.startsWith("slow")) {
            try {
                answered.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return new InetAddress[] {NetUtil.LOCALHOST4};
    }

    @Test
    void anInstanceWhoseNameIsNotResolvedIsPassedOver() throws Exception {
        try (ServerSocket server = new ServerSocket(0);
                GatewaySite site = new GatewaySite(
                        true,
                        Map.of("connect_timeout", "300ms"),
                        new ThreadPerNameResolver(this::lookUp),
                        TlsStart.NAME_LIMIT)) {
            server.setSoTimeout(20_000);
            site.instance(0, "slow", null, 5432, Role.STANDBY);
            int port = site.open(Optional.of(Target.STANDBY), Optional.empty());
            byte[] startup = RawClient.startup(0, "user", "u");
            try (RawClient client = new RawClient(port).send(startup)) {
                client.untilReady();
                assertThat(client.error)
                        .contains("57P03", "instance 0 (slow:5432): host \"slow\" is not resolved within 300 ms");
            }
            site.configure(Map.of("connect_timeout", "3s"));
            site.instance(1, "fast", null, server.getLocalPort(), Role.STANDBY);
            for (int i = 0; i < 2; i++) {
                try (RawClient client = new RawClient(port).send(startup);
                        Socket instance = server.accept()) {
                    assertThat(instance.getInputStream().readNBytes(startup.length))
                            .isEqualTo(startup);
                    instance.getOutputStream().write(42);
                    assertThat(client.read()).isEqualTo(42);
                }
            }
        }
    }
}
