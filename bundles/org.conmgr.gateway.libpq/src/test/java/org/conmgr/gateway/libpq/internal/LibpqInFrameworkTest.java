package org.conmgr.gateway.libpq.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionObserver;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.internal.RelayGateway;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.internal.Listener;
import org.conmgr.netty.Resolver;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** Listener, gateway and adapter as bundles: what comes and goes, and that sessions stay. */
class LibpqInFrameworkTest {
    private static final Class<?>[] SHARED = {
        MessageLog.class,
        ApplicationAdapter.class,
        Transport.class,
        ByteBuf.class,
        Channel.class,
        ByteToMessageDecoder.class,
        SslHandler.class,
        NetUtil.class
    };
    private static final byte[] STARTUP = ByteBuffer.allocate(16)
            .putInt(16)
            .putInt(0x00030000)
            .put("user\0u\0\0".getBytes(UTF_8))
            .array();

    private final RecordingLog log = new RecordingLog();
    private final NettyTransport transport = new NettyTransport();
    private final ThreadPerNameResolver resolver = new ThreadPerNameResolver();
    private final List<RouteRequest> asked = new CopyOnWriteArrayList<>();
    private final OsgiFramework framework;
    private final ServerSocket instance;
    private final int port = FreePort.next();

    LibpqInFrameworkTest(@TempDir Path storage) throws IOException {
        framework = OsgiFramework.start(storage, SHARED);
        instance = new ServerSocket(0, 50, NetUtil.LOCALHOST4);
    }

    @BeforeEach
    void serve() {
        Thread echo = new Thread(this::accept, "instance");
        echo.setDaemon(true);
        echo.start();
    }

    @AfterEach
    void stop() throws IOException {
        framework.close();
        resolver.close();
        transport.close();
        instance.close();
    }

    /** Sends back whatever comes. */
    private void accept() {
        try {
            while (true) {
                Socket socket = instance.accept();
                Thread echo = new Thread(() -> echo(socket), "backend");
                echo.setDaemon(true);
                echo.start();
            }
        } catch (IOException e) {
            // The test is over.
            return;
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // Its peer is gone.
            return;
        }
    }

    private Bundle install() {
        prepare();
        framework.install(Listener.class);
        framework.install(RelayGateway.class);
        Bundle libpq = framework.install(LibpqAdapter.class);
        awaitAdapter();
        return libpq;
    }

    private void prepare() {
        framework.configure(
                "org.conmgr.listener", Map.of("port", String.valueOf(port), "listen_addresses", "127.0.0.1"));
        framework.satisfy("conmgr.config");
        framework.register(Transport.class, transport, Map.of());
        framework.register(Resolver.class, resolver, Map.of());
        framework.register(Router.class, new Always(), Map.of());
        framework.register(RegistryView.class, new Always(), Map.of());
    }

    private void awaitAdapter() {
        Await.until(
                "the adapter is there",
                () -> !framework.find(ApplicationAdapter.class).isEmpty());
    }

    /** One instance, for everybody. */
    private final class Always implements Router, RegistryView {
        private Route route() {
            return new Route(
                    new ConfiguredInstance(0, "127.0.0.1", null, instance.getLocalPort(), 27545),
                    Role.PRIMARY,
                    true,
                    List.of());
        }

        @Override
        public Session ask(RouteRequest request, SessionObserver observer) {
            asked.add(request);
            observer.routed(route());
            return new Session() {
                @Override
                public void connected(InetSocketAddress sqlSocket) {}

                @Override
                public void named(String application) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public List<InstanceStatus> instances() {
            return List.of();
        }

        @Override
        public List<ApplicationStatus> applications() {
            return List.of();
        }

        @Override
        public RouteAnswer preview(RouteRequest request) {
            return route();
        }
    }

    private static Socket connect(int where) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(10_000);
        Await.until("port " + where + " is open", () -> {
            try {
                new Socket(NetUtil.LOCALHOST4, where).close();
                return true;
            } catch (IOException e) {
                return false;
            }
        });
        socket.connect(new InetSocketAddress(NetUtil.LOCALHOST4, where), 10_000);
        return socket;
    }

    private static void assertRelayed(Socket socket, byte... bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        assertThat(socket.getInputStream().readNBytes(bytes.length)).isEqualTo(bytes);
    }

    @Test
    void sessionsStayWhenTheirAdapterGoesAndSettingsChange() throws Exception {
        Bundle libpq = install();
        ServiceRegistration<MessageLog> registered = framework.register(MessageLog.class, log, Map.of());
        try (Socket session = connect(port)) {
            assertRelayed(session, STARTUP);
            framework.configure("org.conmgr.gateway", Map.of("target_session_attrs", "standby"));
            Await.until("the new target is in force", () -> {
                try (Socket other = connect(port)) {
                    assertRelayed(other, STARTUP);
                }
                return asked.get(asked.size() - 1).target() == Target.STANDBY;
            });
            framework.configure("org.conmgr.gateway", Map.of("target_session_attrs", "master"));
            Await.until(
                    "it is said", () -> !log.messages(Message.INVALID_SETTING).isEmpty());
            libpq.stop();
            try (Socket refused = connect(port)) {
                refused.getOutputStream().write(STARTUP);
                assertThat(new String(refused.getInputStream().readAllBytes(), UTF_8))
                        .contains("nothing here relays SQL connections");
            }
            libpq.start();
            awaitAdapter();
            try (Socket again = connect(port)) {
                assertRelayed(again, STARTUP);
                assertThat(asked.get(asked.size() - 1).target())
                        .as("the last good settings")
                        .isEqualTo(Target.STANDBY);
            }
            registered.unregister();
            framework.register(MessageLog.class, log, Map.of());
            assertRelayed(session, "still here".getBytes(UTF_8));
        }
    }

    /** The listener needs the adapters, which need it to take connections back. */
    @Test
    void theListenerMayComeLast() throws Exception {
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        framework.context().addFrameworkListener(event -> {
            if (event.getType() == FrameworkEvent.ERROR) {
                errors.add(event.getThrowable());
            }
        });
        prepare();
        framework.register(MessageLog.class, log, Map.of());
        framework.install(RelayGateway.class);
        framework.install(LibpqAdapter.class);
        framework.install(Listener.class);
        awaitAdapter();
        try (Socket session = connect(port)) {
            assertRelayed(session, STARTUP);
        }
        assertThat(errors).isEmpty();
    }

    @Test
    void aPortComesAndGoesWithItsConfiguration() throws Exception {
        install();
        framework.register(MessageLog.class, log, Map.of());
        int own = FreePort.next();
        Configuration configuration = portOfItsOwn();
        update(configuration, own, "prefer-standby");
        try (Socket session = connect(own)) {
            assertRelayed(session, STARTUP);
            assertThat(asked.get(asked.size() - 1))
                    .isEqualTo(new RouteRequest(Target.PREFER_STANDBY, "", 0, "libpq", 0));
            configuration.delete();
            Await.until("it is closed", () -> log.texts(Message.STOPPED_LISTENING).stream()
                    .anyMatch(text -> text.contains(String.valueOf(own))));
            assertRelayed(session, "and now".getBytes(UTF_8));
        }
    }

    @Test
    void anEditThatDoesNotFitClosesNoPort() throws Exception {
        install();
        framework.register(MessageLog.class, log, Map.of());
        int own = FreePort.next();
        Configuration configuration = portOfItsOwn();
        update(configuration, own, "stanby");
        awaitInvalid("target_session_attrs: stanby", 1);
        update(configuration, own, "standby");
        try (Socket session = connect(own)) {
            assertRelayed(session, STARTUP);
            update(configuration, own, "slave");
            awaitInvalid("target_session_attrs: slave", 2);
            update(configuration, 0, "primary");
            awaitInvalid("port: 0", 3);
            try (Socket another = new Socket(NetUtil.LOCALHOST4, own)) {
                another.setSoTimeout(10_000);
                assertRelayed(another, STARTUP);
                assertThat(asked.get(asked.size() - 1).target()).isEqualTo(Target.STANDBY);
            }
            update(configuration, own, "any");
            Await.until("the new target is in force", () -> {
                try (Socket another = new Socket(NetUtil.LOCALHOST4, own)) {
                    another.setSoTimeout(10_000);
                    assertRelayed(another, STARTUP);
                }
                return asked.get(asked.size() - 1).target() == Target.ANY;
            });
            assertThat(log.texts(Message.STOPPED_LISTENING)).isEmpty();
            int moved = FreePort.next();
            update(configuration, moved, "any");
            connect(moved).close();
            Await.until("the old port is closed", () -> log.texts(Message.STOPPED_LISTENING).stream()
                    .anyMatch(text -> text.contains(String.valueOf(own))));
            assertRelayed(session, "still here".getBytes(UTF_8));
        }
    }

    private Configuration portOfItsOwn() throws IOException {
        return framework
                .service(ConfigurationAdmin.class)
                .getFactoryConfiguration("org.conmgr.gateway.libpq", "ro", "?");
    }

    private static void update(Configuration configuration, int port, String target) throws IOException {
        configuration.update(FrameworkUtil.asDictionary(
                Map.of("port", String.valueOf(port), "target_session_attrs", target, "listen_addresses", "127.0.0.1")));
    }

    private void awaitInvalid(String beginning, int count) {
        Await.until(
                "it is said: " + beginning,
                () -> log.messages(Message.INVALID_SETTING).size() == count);
        assertThat(log.texts(Message.INVALID_SETTING))
                .last()
                .asString()
                .startsWith("org.conmgr.gateway.libpq~ro: " + beginning);
    }
}
