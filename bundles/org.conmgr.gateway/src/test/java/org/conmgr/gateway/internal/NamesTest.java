package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Target;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Instances known by name, some of which a name server does not tell. */
class NamesTest {
    private final CountDownLatch answered = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final Addresses addresses = new Addresses(this::lookUp);

    @AfterEach
    void close() {
        answered.countDown();
        addresses.close();
    }

    private InetAddress[] lookUp(String name) throws UnknownHostException {
        asked.incrementAndGet();
        if (name.startsWith("broken")) {
            throw new LinkageError(name);
        }
        if (name.startsWith("slow")) {
            try {
                answered.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return new InetAddress[] {NetUtil.LOCALHOST4};
    }

    private CompletableFuture<List<InetAddress>> of(String name) {
        return addresses.of(new ConfiguredInstance(0, name, null, 5432, 27545));
    }

    @Test
    void aNameIsAskedForOnceAtATimeAndHoldsUpNoOther() throws Exception {
        List<CompletableFuture<List<InetAddress>>> slow = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            slow.add(of("slow" + i % 6));
        }
        assertThat(of("fast").get(20, TimeUnit.SECONDS)).containsExactly(NetUtil.LOCALHOST4);
        Await.until("each is asked for", () -> asked.get() == 7);
        assertThat(slow).noneMatch(CompletableFuture::isDone);
        answered.countDown();
        for (CompletableFuture<List<InetAddress>> one : slow) {
            assertThat(one.get(20, TimeUnit.SECONDS)).containsExactly(NetUtil.LOCALHOST4);
        }
        assertThat(of("slow0").get(20, TimeUnit.SECONDS)).hasSize(1);
        assertThat(asked).as("what is over is forgotten").hasValue(8);
    }

    @Test
    void aNameWhoseLookupBreaksIsAskedForAgain() {
        for (int i = 1; i <= 2; i++) {
            assertThat(of("broken"))
                    .failsWithin(20, TimeUnit.SECONDS)
                    .withThrowableThat()
                    .withCauseInstanceOf(LinkageError.class);
            assertThat(asked).hasValue(i);
        }
    }

    @Test
    void anInstanceWhoseNameIsNotResolvedIsPassedOver() throws Exception {
        try (ServerSocket server = new ServerSocket(0);
                GatewaySite site =
                        new GatewaySite(true, Map.of("connect_timeout", "300ms"), addresses, TlsStart.NAME_LIMIT)) {
            server.setSoTimeout(20_000);
            site.instance(0, "slow", null, 5432, Role.STANDBY);
            int port = site.open(Optional.of(Target.STANDBY), Optional.empty());
            byte[] startup = RawClient.startup(0, "user", "u");
            try (RawClient client = new RawClient(port).send(startup)) {
                client.untilReady();
                assertThat(client.error)
                        .contains("57P03", "instance 0 (slow:5432): the name is not resolved within 300ms");
            }
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
