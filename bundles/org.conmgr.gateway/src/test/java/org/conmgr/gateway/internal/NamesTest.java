package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.api.routing.Target;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.testkit.Await;
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

    /** A relay that begins while the gateway stops ends as any other. */
    @Test
    void whoIsConnectedWhileTheGatewayStopsIsEndedInOrder() throws Exception {
        try (ServerSocket server = new ServerSocket(0);
                GatewaySite site = new GatewaySite(
                        true,
                        Map.of("connect_timeout", "20s"),
                        new ThreadPerNameResolver(this::lookUp),
                        TlsStart.NAME_LIMIT)) {
            server.setSoTimeout(20_000);
            site.instance(0, "fast", NetUtil.LOCALHOST4, server.getLocalPort(), Role.PRIMARY);
            site.instance(1, "slow", null, server.getLocalPort(), Role.STANDBY);
            byte[] startup = RawClient.startup(0, "user", "u");
            int primary = site.open(Optional.of(Target.PRIMARY), Optional.empty());
            int standby = site.open(Optional.of(Target.STANDBY), Optional.empty());
            try (RawClient relayed = new RawClient(primary).send(startup);
                    Socket instance = server.accept();
                    RawClient late = new RawClient(standby).send(startup)) {
                assertThat(instance.getInputStream().readNBytes(startup.length)).isEqualTo(startup);
                Await.until(
                        "it waits for the name", () -> site.board.applications().size() == 2);
                CompletableFuture<Void> stop = CompletableFuture.runAsync(site.gateway::close);
                assertThat(relayed.readAll()).as("it stops").isNotEmpty();
                answered.countDown();
                late.readAll();
                stop.get(20, TimeUnit.SECONDS);
            }
            assertThat(site.log.texts(Message.RELAY_BROKEN)).isEmpty();
            Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
        }
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
