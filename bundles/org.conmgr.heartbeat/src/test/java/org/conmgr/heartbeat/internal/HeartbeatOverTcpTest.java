package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelException;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.netty.Resolver;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.BlackHole;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Both ends over real sockets on one machine. */
class HeartbeatOverTcpTest {
    private static final Identity IDENTITY = new Identity(7, 170004);
    private static final Attributes PRIMARY = new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1);
    private static final LinkSettings SETTINGS = new LinkSettings(
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            Duration.ofMillis(100),
            Duration.ofSeconds(2),
            Duration.ofSeconds(30),
            "test",
            null);

    private final NettyTransport transport = new NettyTransport();
    private final LinkSecurity security = new LinkSecurity();
    private final RecordingLog log = new RecordingLog();
    private final VerdictHistory history = new VerdictHistory();
    private final Books books = new Books();
    private final Watcher watcher = new Watcher();
    private final ThreadPerNameResolver resolver = new ThreadPerNameResolver();
    private final List<NettyConmgrLink> links = new ArrayList<>();
    private HeartbeatAcceptor.Endpoint endpoint;
    private Postmaster backend;

    HeartbeatOverTcpTest() throws IOException {
        endpoint = listen(0);
        backend = new Postmaster();
    }

    @AfterEach
    void close() throws IOException {
        links.forEach(link -> link.stop(Packet.Goodbye.Reason.SHUTDOWN, "over"));
        endpoint.close(Departure.SHUTDOWN);
        backend.close();
        resolver.close();
        transport.close();
        security.close();
    }

    private HeartbeatAcceptor.Endpoint listen(int port) throws IOException {
        return listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private HeartbeatAcceptor.Endpoint listen(InetSocketAddress address) throws IOException {
        return new NettyHeartbeatAcceptor(transport, history, security, log)
                .open("w", List.of(address), Admission.ANY, watcher);
    }

    private int port() {
        return endpoint.addresses().get(0).getPort();
    }

    private NettyConmgrLink link(String host) {
        return link(host, port(), resolver);
    }

    private NettyConmgrLink link(String host, int watchdogPort, Resolver names) {
        NettyConmgrLink link = new NettyConmgrLink(
                new ConfiguredInstance(0, host, null, backend.port(), watchdogPort),
                SETTINGS,
                UUID.randomUUID(),
                transport,
                names,
                books,
                history,
                security,
                log);
        links.add(link);
        link.start();
        return link;
    }

    @Test
    void aLinkForWhichThereIsNoFileDescriptorCanBeStopped() throws Exception {
        Transport lacking = (Transport) Proxy.newProxyInstance(
                Transport.class.getClassLoader(),
                new Class<?>[] {Transport.class},
                (proxy, method, arguments) -> method.getName().equals("client")
                        ? new Bootstrap().group(transport.heartbeatLoops()).channelFactory(() -> {
                            throw new ChannelException("no channel", new SocketException("Too many open files"));
                        })
                        : method.invoke(transport, arguments));
        NettyConmgrLink link = new NettyConmgrLink(
                new ConfiguredInstance(0, "here", InetAddress.getLoopbackAddress(), 1, port()),
                SETTINGS,
                UUID.randomUUID(),
                lacking,
                resolver,
                books,
                history,
                security,
                log);
        // In one go, so that it is stopped before it is told.
        Future<?> stopped = transport
                .heartbeatLoops()
                .submit(() -> {
                    link.start();
                    return link.stop(Packet.Goodbye.Reason.SHUTDOWN, "over");
                })
                .get(20, TimeUnit.SECONDS);
        stopped.get(20, TimeUnit.SECONDS);
        transport.heartbeatLoops().submit(() -> {}).get(20, TimeUnit.SECONDS);
        assertThat(log.messages(Message.SUPERVISED_FAILURE)).isEmpty();
    }

    @Test
    void attributesAreThereWithTheFirstAnswerAndPushedWhenTheyChange() {
        endpoint.publish(IDENTITY, PRIMARY, "");
        endpoint.progress(new Progress(42, 0, 90));
        link("localhost");
        books.await("up 7 primary, timeline 1");
        Await.until("beats carry the progress", () -> books.progress.lsn() == 42);
        assertThat(watcher.events).containsExactly("established test");

        endpoint.publish(IDENTITY, new Attributes(InstanceState.ACCEPTING, Role.STANDBY, false, 2), "");
        books.await("up 7 standby, timeline 2");
        assertThat(endpoint.links()).singleElement().satisfies(status -> {
            assertThat(status.peer().name()).isEqualTo("test");
            assertThat(status.lastBeat()).isPositive();
        });
    }

    @Test
    void anInstanceThatItsWatchdogCannotReachIsDownWithTheReason() {
        endpoint.publish(IDENTITY, PRIMARY, "");
        link("localhost");
        books.await("up 7 primary, timeline 1");
        endpoint.publish(IDENTITY, PRIMARY.in(InstanceState.STOPPED), "connection refused");
        books.await("down instance stopped: connection refused");
        endpoint.publish(IDENTITY, PRIMARY, "");
        Await.until("up again", () -> books.last().equals("up 7 primary, timeline 1"));
    }

    @Test
    void aWatchdogThatStopsLeavesItsInstanceUnmonitored() throws IOException {
        endpoint.publish(IDENTITY, PRIMARY, "");
        link("localhost");
        books.await("up 7 primary, timeline 1");
        int port = port();
        endpoint.close(Departure.SHUTDOWN);
        Await.until("unmonitored", () -> books.last().startsWith("unmonitored"));
        assertThat(books.last()).contains("shut down by peer").contains("answers");

        endpoint = listen(port);
        endpoint.publish(IDENTITY, PRIMARY, "");
        Await.until("up again", () -> books.last().startsWith("up"));
        assertThat(books.events).noneMatch(event -> event.startsWith("down"));
    }

    @Test
    void aWatchdogThatRestartsCostsNothingNotEvenBeforeItHasReachedItsInstance() throws IOException {
        endpoint.publish(IDENTITY, PRIMARY, "");
        link("localhost");
        books.await("up 7 primary, timeline 1");
        int port = port();
        endpoint.close(Departure.RESTART);
        Await.until("unmonitored", () -> books.last().equals("unmonitored watchdog restarts"));

        endpoint = listen(port);
        Await.until("linked again", () -> endpoint.links().size() == 1);
        endpoint.publish(IDENTITY, PRIMARY, "");
        Await.until("up again", () -> books.last().startsWith("up"));
        assertThat(books.events).noneMatch(event -> event.startsWith("down"));
        assertThat(log.messages(Message.WATCHDOG_RESTARTS)).hasSize(1);
        assertThat(log.messages(Message.INSTANCE_UNMONITORED)).isEmpty();
    }

    @Test
    void aWatchdogAndAPostmasterThatAreGoneMeanADeadInstance() throws IOException {
        endpoint.publish(IDENTITY, PRIMARY, "");
        link("localhost");
        books.await("up 7 primary, timeline 1");
        backend.close();
        endpoint.close(Departure.SHUTDOWN);
        Await.until("dead", () -> books.last().startsWith("down"));
        assertThat(books.last()).contains("shut down by peer").contains("refused");
        assertThat(log.messages()).anyMatch(message -> message.message() == Message.INSTANCE_DEAD);
    }

    @Test
    void anInstanceThatThisHostCannotProbeIsNotDead() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        try (ThreadPerNameResolver counting = new ThreadPerNameResolver(host -> {
            attempts.incrementAndGet();
            return new InetAddress[] {InetAddress.getLoopbackAddress()};
        })) {
            endpoint.publish(IDENTITY, PRIMARY, "");
            NettyConmgrLink link = link("db0", port(), counting);
            books.await("up 7 primary, timeline 1");
            link.settings(from(InetAddress.getByName("192.0.2.1")));
            endpoint.close(Departure.SHUTDOWN);
            Await.until("unmonitored", () -> books.last().startsWith("unmonitored"));
            assertThat(books.last())
                    .contains("), and 127.0.0.1:" + backend.port() + " was not asked: Cannot assign requested address");
            backend.close();
            int before = attempts.get();
            Await.until("tried again and again", () -> attempts.get() >= before + 3);
            assertThat(books.last()).startsWith("unmonitored");
            link.settings(SETTINGS);
            Await.until("dead", () -> books.last().startsWith("down"));
            assertThat(books.last()).contains("refused");
            assertThat(log.texts(Message.PROBE_NOT_SENT))
                    .singleElement()
                    .asString()
                    .contains("could not be probed: 127.0.0.1:" + backend.port() + " was not asked");
        }
    }

    private static LinkSettings from(InetAddress local) {
        return new LinkSettings(
                SETTINGS.interval(),
                SETTINGS.timeout(),
                SETTINGS.connectInterval(),
                SETTINGS.connectTimeout(),
                SETTINGS.restartGrace(),
                SETTINGS.name(),
                local);
    }

    @Test
    void theWatchdogToldTheClientsSocketsTellsThemWhenItIsLost() {
        endpoint.publish(IDENTITY, PRIMARY, "");
        NettyConmgrLink link = link("localhost");
        InetSocketAddress first = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1111);
        InetSocketAddress second = new InetSocketAddress(InetAddress.getLoopbackAddress(), 2222);
        link.sessions(Set.of(first, second));
        Await.until("two sessions", () -> endpoint.links().stream().anyMatch(status -> status.sessions() == 2));
        link.sessions(Set.of(second));
        Await.until("one session", () -> endpoint.links().stream().anyMatch(status -> status.sessions() == 1));
        link.stop(Packet.Goodbye.Reason.RESTART, "back soon");
        Await.until("lost", () -> !watcher.losses.isEmpty());
        Loss loss = watcher.losses.get(0);
        assertThat(loss.verdict().reason()).isEqualTo(VerdictReason.SHUT_DOWN_BY_PEER);
        assertThat(loss.awaited()).isTrue();
        assertThat(loss.sessions()).containsExactly(second);
        assertThat(loss.hostAlive()).isFalse();
    }

    @Test
    void aConmgrProcessThatDiesIsLostAtOnceAndAnotherOnItsHostIsSeenAlive() throws IOException {
        link("localhost");
        Await.until("one link", () -> endpoint.links().size() == 1);
        try (Socket other = new Socket(InetAddress.getLoopbackAddress(), port())) {
            other.getOutputStream().write(hello(1));
            Await.until("two links", () -> endpoint.links().size() == 2);
            other.setSoLinger(true, 0); // Closes with a reset, as a killed process with unread data does.
        }
        Await.until("lost", () -> !watcher.losses.isEmpty());
        assertThat(watcher.losses.get(0).verdict().reason()).isEqualTo(VerdictReason.CLOSED_BY_PEER);
        assertThat(watcher.losses.get(0).hostAlive()).isTrue();
    }

    @Test
    void strangersAreTurnedAwayAndHarmNobody() throws IOException {
        endpoint.publish(IDENTITY, PRIMARY, "");
        link("localhost");
        books.await("up 7 primary, timeline 1");
        List<Socket> silent = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            // From another address: those of one address have to make room for each other.
            silent.add(new Socket(InetAddress.getLoopbackAddress(), port(), InetAddress.getByName("127.0.0.9"), 0));
        }
        try (Socket garbage = new Socket(InetAddress.getLoopbackAddress(), port())) {
            garbage.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(new String(garbage.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("a frame of length");
        }
        try (Socket later =
                new Socket(InetAddress.getLoopbackAddress(), port(), InetAddress.getByName("127.0.0.8"), 0)) {
            later.getOutputStream().write(hello(2));
            assertThat(new String(later.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("conmgr speaks heartbeat protocol 2, this watchdog speaks 1");
        }
        assertThat(watcher.losses).isEmpty();
        assertThat(books.events).hasSize(1);
        Await.passes("both refusals are logged", () -> assertThat(log.texts(Message.LINK_REFUSED))
                .anyMatch(text -> text.contains("a frame of length"))
                .anyMatch(text -> text.contains("protocol 2")));
        for (Socket one : silent) {
            one.close();
        }
    }

    @Test
    void linksOverTheLimitAreRefusedWithTheHint() throws IOException {
        endpoint.limit(1);
        endpoint.publish(IDENTITY, PRIMARY, "");
        link("localhost");
        books.await("up 7 primary, timeline 1");
        try (Socket second = new Socket(InetAddress.getLoopbackAddress(), port())) {
            second.getOutputStream().write(hello(1));
            assertThat(new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("max_heartbeat_connections is 1");
        }
        Await.until("it is logged", () -> !log.messages(Message.TOO_MANY_LINKS).isEmpty());
    }

    @Test
    void anUnknownHostIsNamed() {
        link("no-such-host.invalid");
        Await.until("down", () -> !books.events.isEmpty());
        assertThat(books.last()).isEqualTo("down name not resolved: host \"no-such-host.invalid\" is not known");
        assertThat(log.messages())
                .anyMatch(message -> message.message() == Message.LINK_FAILED
                        && message.text().contains("no-such-host.invalid"));
    }

    @Test
    void namesThatNobodyResolvesHoldUpNoOther() {
        CountDownLatch over = new CountDownLatch(1);
        try (ThreadPerNameResolver names = new ThreadPerNameResolver(host -> {
            if (host.startsWith("slow")) {
                awaitEnd(over);
            }
            return new InetAddress[] {InetAddress.getLoopbackAddress()};
        })) {
            endpoint.publish(IDENTITY, PRIMARY, "");
            for (int i = 0; i < 8; i++) {
                link("slow" + i, port(), names);
            }
            link("fast", port(), names);
            books.await("up 7 primary, timeline 1");
            Await.until("it is told of the others", () -> books.events.stream()
                    .anyMatch(event -> event.startsWith("down name not resolved: no answer within")));
        } finally {
            over.countDown();
        }
    }

    private static void awaitEnd(CountDownLatch over) {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anAddressThatDoesNotAnswerLeavesTimeForTheOthers() throws IOException {
        try (BlackHole hole = new BlackHole();
                ThreadPerNameResolver both = new ThreadPerNameResolver(
                        host -> new InetAddress[] {hole.address(), InetAddress.getByName("127.0.0.2")})) {
            endpoint.close(Departure.SHUTDOWN);
            endpoint = listen(new InetSocketAddress("127.0.0.2", hole.port()));
            endpoint.publish(IDENTITY, PRIMARY, "");
            link("db0.example.com", hole.port(), both);
            books.await("up 7 primary, timeline 1");
        }
    }

    @Test
    void newSettingsReachTheWatchdogOnTheSameLink() {
        endpoint.publish(IDENTITY, PRIMARY, "");
        NettyConmgrLink link = link("localhost");
        books.await("up 7 primary, timeline 1");
        link.settings(new LinkSettings(
                Duration.ofMillis(20),
                Duration.ofSeconds(3),
                SETTINGS.connectInterval(),
                SETTINGS.connectTimeout(),
                SETTINGS.restartGrace(),
                "renamed",
                null));
        Await.until("the watchdog knows", () -> endpoint.links().stream()
                .anyMatch(status -> status.peer().timeout().equals(Duration.ofSeconds(3))
                        && status.peer().name().equals("renamed")));
        assertThat(watcher.losses).isEmpty();
        assertThat(watcher.events).hasSize(1);
    }

    @Test
    void detectorsComeAndGoOnTheSameLink() {
        endpoint.publish(IDENTITY, PRIMARY, "");
        NettyConmgrLink link = link("localhost");
        books.await("up 7 primary, timeline 1");
        FailureDetector broken = new FailureDetector() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Watch watch(Duration interval, Duration timeout, long now) {
                throw new IllegalStateException("broken");
            }
        };
        link.detection(new Detection(new FixedTimeout(), broken));
        Await.until("the failure is logged", () -> !log.messages(Message.SUPERVISED_FAILURE)
                .isEmpty());
        link.detection(Detection.FIXED);
        long last = endpoint.links().get(0).lastBeat();
        Await.until("beats go on", () -> endpoint.links().get(0).lastBeat() > last + 3);
        assertThat(watcher.events).hasSize(1);
        assertThat(watcher.losses).isEmpty();
        assertThat(books.events).containsExactly("up 7 primary, timeline 1");
    }

    private static byte[] hello(int major) {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        channel.writeOutbound(new Packet.Hello(major, 0, UUID.randomUUID(), 1000, 60_000, "raw", Map.of()));
        ByteBuf bytes = channel.readOutbound();
        return ByteBufUtil.getBytes(bytes);
    }
}
