package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What watchdogs and the registry are told when the configuration changes, over real sockets. */
class ConmgrLinksTest {
    private static final Attributes PRIMARY = new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1);

    private final RecordingLog log = new RecordingLog();
    private final NettyTransport transport = new NettyTransport();
    private final ThreadPerNameResolver resolver = new ThreadPerNameResolver();
    private final LinkSecurity security = new LinkSecurity();
    private final Watcher watcher = new Watcher();
    private final Watcher elsewhere = new Watcher();
    private final Books books = new Books();
    private final List<HeartbeatAcceptor.Endpoint> endpoints = new ArrayList<>();
    private final int port = listen(watcher);
    private final InstanceDefinition definition =
            new InstanceDefinition("org.conmgr.instance~0", instance("127.0.0.1", port));
    private boolean shuttingDown;
    private final ConmgrLinks links = new ConmgrLinks(
            UUID.randomUUID(), transport, resolver, books, new VerdictHistory(), security, log, () -> shuttingDown);

    ConmgrLinksTest() throws IOException {}

    @BeforeEach
    void link() {
        links.bindSettings(new HeartbeatSettings(Configs.of(HeartbeatConfig.class, Map.of()), "c", log));
        links.addInstance(definition);
        books.await("up 7 primary, timeline 1");
    }

    @AfterEach
    void close() {
        links.close();
        endpoints.forEach(endpoint -> endpoint.close(Departure.SHUTDOWN));
        security.close();
        resolver.close();
        transport.close();
    }

    private int listen(Watcher observer) throws IOException {
        HeartbeatAcceptor.Endpoint endpoint = new NettyHeartbeatAcceptor(transport, new VerdictHistory(), security, log)
                .open(
                        "w",
                        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        Admission.ANY,
                        observer);
        endpoint.publish(new Identity(7, 170004), PRIMARY, "");
        endpoints.add(endpoint);
        return endpoint.addresses().get(0).getPort();
    }

    private static InstanceConfig instance(String host, int watchdogPort) {
        return Configs.of(
                InstanceConfig.class, Map.of("backend_host", host, "watchdog_port", String.valueOf(watchdogPort)));
    }

    private Loss loss() {
        Await.until("lost", () -> !watcher.losses.isEmpty());
        return watcher.losses.get(0);
    }

    @Test
    void anEditThatNamesTheSameInstanceOtherwiseIsFollowedByAnotherLink() {
        definition.modified(instance("localhost", port));
        links.updatedInstance(definition);
        Await.until("linked again", () -> watcher.peers.size() == 2);
        assertThat(watcher.peers.get(1).id()).isEqualTo(watcher.peers.get(0).id());
        assertThat(books.events).contains("remove 0: its configuration has changed");
        assertThat(loss().verdict().evidence())
                .isEqualTo("conmgr no longer watches instance 0 (127.0.0.1:27500): its configuration has changed");
    }

    @Test
    void noneOfThisIsTheHostsLoss() throws IOException {
        definition.modified(instance("127.0.0.1", listen(elsewhere)));
        links.updatedInstance(definition);
        Await.until("linked elsewhere", () -> elsewhere.peers.size() == 1);
        assertThat(loss().awaited()).isTrue();
        assertThat(loss().hostAlive()).isTrue();
        links.removeInstance(definition);
        Await.until("let go", () -> !elsewhere.losses.isEmpty());
        assertThat(elsewhere.losses.get(0).awaited()).isTrue();
        assertThat(elsewhere.losses.get(0).hostAlive()).isTrue();
    }

    @Test
    void anEditThatChangesNothingCostsNothing() {
        definition.modified(instance("127.0.0.1", port));
        links.updatedInstance(definition);
        links.removeInstance(definition);
        assertThat(loss().verdict().evidence()).endsWith("it is no longer configured");
        Await.until("removed", () -> books.last().startsWith("remove"));
        assertThat(books.last()).isEqualTo("remove 0: it is no longer configured");
    }

    @ParameterizedTest
    @CsvSource({"true, conmgr stops", "false, conmgr's heartbeat links restart"})
    void tellsAStopFromARestart(boolean stops, String why) {
        shuttingDown = stops;
        links.close();
        assertThat(books.last()).isEqualTo("remove 0: " + why);
        assertThat(loss().verdict().reason()).isEqualTo(VerdictReason.SHUT_DOWN_BY_PEER);
        assertThat(loss().verdict().evidence()).isEqualTo(why);
        assertThat(loss().awaited()).isEqualTo(!stops);
        assertThat(loss().hostAlive()).isFalse();
    }
}
