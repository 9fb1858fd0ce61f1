package org.conmgr.direct.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.ListenerView;
import org.conmgr.listener.internal.Listener;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;

/** Listener and direct adapter as bundles, with everything that they need or serve coming and going. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class DirectInFrameworkTest {
    private static final String PID = "org.conmgr.listener";
    private static final Class<?>[] SHARED = {
        MessageLog.class,
        ListenerView.class,
        Transport.class,
        ByteBuf.class,
        Channel.class,
        ByteToMessageDecoder.class,
        NetUtil.class
    };
    private static final ConfiguredInstance DB0 = new ConfiguredInstance(0, "db0", null, 5432, 27545);
    private static final Route ROUTE = new Route(DB0, Role.PRIMARY, true, List.of());
    private static final byte[] STARTUP = ByteBuffer.allocate(16)
            .putInt(16)
            .putInt(0x00030000)
            .put("user\0u\0\0".getBytes(UTF_8))
            .array();

    private final RecordingLog log = new RecordingLog();
    private final FakeRouter router = new FakeRouter((request, observer) -> observer.routed(ROUTE));
    private final NettyTransport transport;
    private final int port = FreePort.next();

    private final OsgiFramework framework;

    DirectInFrameworkTest(boolean epoll, @TempDir Path storage) {
        transport = new NettyTransport(epoll);
        framework = OsgiFramework.start(storage, SHARED);
    }

    @AfterEach
    void stop() {
        framework.close();
        transport.close();
    }

    /** Everything there, in good order. */
    private Bundle install() {
        framework.configure(PID, Map.of("port", String.valueOf(port), "listen_addresses", "127.0.0.1"));
        framework.satisfy("conmgr.config");
        framework.register(Transport.class, transport, Map.of());
        Bundle listener = framework.install(Listener.class);
        framework.install(DirectAdapter.class);
        return listener;
    }

    private ServiceRegistration<MessageLog> registerLog() {
        return framework.register(MessageLog.class, log, Map.of());
    }

    private ServiceRegistration<Router> registerRouter() {
        ServiceRegistration<Router> registration = framework.register(Router.class, router, Map.of());
        Await.until(
                "the adapter is there",
                () -> !framework.find(ApplicationAdapter.class).isEmpty());
        return registration;
    }

    private void awaitListening(int where) {
        Await.until(
                "listening",
                () -> framework.service(ListenerView.class).status().addresses().equals(List.of("127.0.0.1:" + where)));
    }

    private Driver connect() throws IOException {
        return connect(port);
    }

    private static Driver connect(int where) throws IOException {
        return new Driver(new InetSocketAddress(NetUtil.LOCALHOST4, where));
    }

    @Test
    void anAskIsAnsweredAndToldItsEnd() throws Exception {
        install();
        registerLog();
        registerRouter();
        awaitListening(port);
        try (Driver driver = connect()) {
            assertThat(driver.ask("read-write"))
                    .isEqualTo(new Frame.Routed(0, "db0", "", 5432, "primary", true, List.of()));
            driver.send(new Frame.Bound("127.0.0.1", 40_000).encode());
            Await.until("bound", () -> router.session().sockets.size() == 1);

            router.session().observer.ended(new SessionEnd(DB0, SessionEnd.Cause.DEAD, "timed out"));

            assertThat(driver.frame())
                    .isEqualTo(new Frame.Down(0, "dead", "conmgr declared instance 0 (db0:5432) dead: timed out"));
            assertThat(driver.read()).as("FIN behind it").isEqualTo(-1);
        }
        Await.until("the session is closed", () -> router.session().closed);
    }

    @Test
    void aRefusalIsReadThoughTheDriverSentMore() throws Exception {
        install();
        registerLog();
        framework.register(
                Router.class,
                new FakeRouter((request, observer) -> observer.refused(new Refusal("08001", "no instance"))),
                Map.of());
        Await.until(
                "the adapter is there",
                () -> !framework.find(ApplicationAdapter.class).isEmpty());
        awaitListening(port);
        try (Driver driver = connect()) {
            driver.send(new Ask("standby", "", 0, 0).encode());
            driver.send(new byte[] {'?', 0, 0, 0, 4});
            assertThat(driver.frame()).isEqualTo(new Frame.Refused("08001", "no instance"));
            assertThat(driver.read()).isEqualTo(-1);
        }
    }

    @Test
    void anAnswerTakesMicroseconds() throws Exception {
        install();
        registerLog();
        registerRouter();
        awaitListening(port);
        long[] nanos = new long[1_000];
        for (int i = 0; i < nanos.length; i++) {
            try (Driver driver = connect()) {
                long start = System.nanoTime();
                driver.ask("any");
                nanos[i] = System.nanoTime() - start;
            }
        }
        Arrays.sort(nanos);
        long median = TimeUnit.NANOSECONDS.toMicros(nanos[nanos.length / 2]);
        System.out.println(transport.name() + ": median of an ask's round trip " + median + " us");

        assertThat(median).as("us; a delayed acknowledgement would be 40 000").isLessThan(20_000);
    }

    @Test
    void theOrderOfComingDoesNotMatter() throws Exception {
        framework.install(DirectAdapter.class);
        framework.install(Listener.class);
        registerLog();
        framework.register(Transport.class, transport, Map.of());
        framework.configure(PID, Map.of("port", String.valueOf(port), "listen_addresses", "127.0.0.1"));
        assertThat(framework.find(ListenerView.class))
                .as("before the configuration is known")
                .isEmpty();
        framework.satisfy("conmgr.config");
        awaitListening(port);

        try (Driver early = connect()) {
            early.send(new Ask("any", "", 0, 0).encode());
            assertThat(early.read()).as("no router yet").isEqualTo('N');
            early.send(STARTUP);
            assertThat(new String(early.readAll(), UTF_8)).contains("C57P03");
        }
        registerRouter();
        try (Driver driver = connect()) {
            assertThat(driver.ask("any")).isInstanceOf(Frame.Routed.class);
        }
    }

    @Test
    void settingsAndTheLogComeAndGoWithoutHarmToConnections() throws Exception {
        install();
        ServiceRegistration<MessageLog> first = registerLog();
        registerRouter();
        awaitListening(port);
        try (Driver driver = connect()) {
            driver.ask("any");
            int newPort = FreePort.next();
            framework.configure(PID, Map.of("port", newPort, "listen_addresses", "127.0.0.1", "max_connections", 2));
            awaitListening(newPort);
            Await.passes(
                    "the old port is closed",
                    () -> assertThatThrownBy(() -> connect(port).close()).isInstanceOf(ConnectException.class));
            first.unregister();
            Await.until(
                    "not listening without a log",
                    () -> framework.find(ListenerView.class).isEmpty());
            registerLog();
            awaitListening(newPort);

            assertThat(framework.service(ListenerView.class).status().open()).isOne();
            try (Driver second = connect(newPort)) {
                assertThat(second.ask("any")).isInstanceOf(Frame.Routed.class);
                try (Driver third = connect(newPort)) {
                    assertThat(third.closed()).isTrue();
                }
            }
            assertThat(router.session().closed).isFalse();
            router.session().observer.ended(new SessionEnd(DB0, SessionEnd.Cause.FENCED, "demoted"));
            assertThat(driver.frame()).isInstanceOf(Frame.Down.class);
        }
        assertThat(log.messages(Message.INVALID_SETTING)).isEmpty();
    }

    @Test
    void aBadSettingIsSaidOnceAndNothingListensUntilItIsMended() {
        framework.configure(PID, Map.of("port", "none", "listen_addresses", "127.0.0.1"));
        framework.satisfy("conmgr.config");
        framework.register(Transport.class, transport, Map.of());
        registerLog();
        framework.install(Listener.class);
        assertThat(framework.service(ListenerView.class).status().addresses()).isEmpty();
        assertThat(log.texts(Message.INVALID_SETTING))
                .containsExactly("org.conmgr.listener: port: none (expected: an integer from 1 to 65535)");

        framework.configure(PID, Map.of("port", port, "listen_addresses", "127.0.0.1"));
        awaitListening(port);
        assertThat(log.messages(Message.INVALID_SETTING)).hasSize(1);
    }

    @Test
    void whenTheRouterGoesItsConnectionsEndAndTheNextAreServedAgain() throws Exception {
        install();
        registerLog();
        ServiceRegistration<Router> registration = registerRouter();
        awaitListening(port);
        try (Driver driver = connect()) {
            driver.ask("any");
            registration.unregister();

            assertThat(driver.closed()).isTrue();
            assertThat(router.session().closed).isTrue();
        }
        registerRouter();
        try (Driver driver = connect()) {
            assertThat(driver.ask("any")).isInstanceOf(Frame.Routed.class);
        }
    }

    @Test
    void aHigherRankedAdapterGetsNewConnectionsAndTakesNoneAway() throws Exception {
        install();
        registerLog();
        registerRouter();
        awaitListening(port);
        try (Driver before = connect()) {
            before.ask("any");
            ServiceRegistration<ApplicationAdapter> higher =
                    framework.register(ApplicationAdapter.class, new Says("!"), Map.of(Constants.SERVICE_RANKING, 10));
            framework.register(ApplicationAdapter.class, new Says("?"), Map.of(Constants.SERVICE_RANKING, -10));
            try (Driver driver = connect()) {
                driver.send(new Ask("any", "", 0, 0).encode());
                assertThat(driver.read()).isEqualTo('!');
            }
            higher.unregister();
            try (Driver driver = connect()) {
                assertThat(driver.ask("any")).isInstanceOf(Frame.Routed.class);
            }
            router.session().observer.ended(new SessionEnd(DB0, SessionEnd.Cause.REMOVED, "edited"));
            assertThat(before.frame()).isInstanceOf(Frame.Down.class);
        }
    }

    @Test
    void aRestartOfTheListenerLeavesConnectionsToTheirAdapter() throws Exception {
        Bundle listener = install();
        registerLog();
        registerRouter();
        awaitListening(port);
        try (Driver driver = connect();
                Driver silent = connect()) {
            driver.ask("any");
            Await.until(
                    "both are open",
                    () -> framework.service(ListenerView.class).status().open() == 2);
            listener.stop();
            assertThat(silent.closed()).as("nobody's yet, so closed").isTrue();
            Await.passes(
                    "the port is closed",
                    () -> assertThatThrownBy(() -> connect().close()).isInstanceOf(ConnectException.class));
            listener.start();
            awaitListening(port);

            router.session().observer.ended(new SessionEnd(DB0, SessionEnd.Cause.DEAD, "gone"));
            assertThat(driver.frame()).isInstanceOf(Frame.Down.class);
        }
    }

    /** Takes asks and answers one word. */
    private record Says(String word) implements ApplicationAdapter {
        @Override
        public boolean accepts(FirstPacket packet) {
            return packet instanceof FirstPacket.Ask;
        }

        @Override
        public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
            received.release();
            channel.writeAndFlush(Unpooled.copiedBuffer(word, UTF_8));
        }
    }
}
