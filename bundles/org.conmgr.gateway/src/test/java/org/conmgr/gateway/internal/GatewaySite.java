package org.conmgr.gateway.internal;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoopGroup;
import io.netty.util.NetUtil;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.SocketException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionObserver;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.RelayAdapter;
import org.conmgr.gateway.StartupOptions;
import org.conmgr.gateway.TlsMode;
import org.conmgr.listener.AdapterPorts;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.internal.ListenerPorts;
import org.conmgr.listener.internal.Reception;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.routing.internal.Switchboard;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.FreePort;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.Nullable;

/** A gateway with a real router and real ports; what the heartbeat would tell the router the test tells it. */
public final class GatewaySite implements AutoCloseable {
    private static final Identity IDENTITY = new Identity(4711, 170_000);

    final RecordingLog log = new RecordingLog();
    final NettyTransport transport;
    final Switchboard board = new Switchboard();
    final RelayGateway gateway;

    /** Runs each time before the router is asked. */
    volatile Runnable beforeAsking = () -> {};

    /** Whether no connection to an instance can be made, for want of file descriptors. */
    volatile boolean lacking;

    final Reception reception = new Reception();
    private final ListenerPorts ports;
    private final ThreadPerNameResolver resolver;

    public GatewaySite(boolean epoll, Map<String, String> settings) {
        this(epoll, settings, TlsStart.NAME_LIMIT);
    }

    GatewaySite(boolean epoll, Map<String, String> settings, Duration nameLimit) {
        this(epoll, settings, new ThreadPerNameResolver(), nameLimit);
    }

    /** @param resolver closed here */
    GatewaySite(boolean epoll, Map<String, String> settings, ThreadPerNameResolver resolver, Duration nameLimit) {
        this.resolver = resolver;
        transport = new NettyTransport(epoll);
        ports = new ListenerPorts(transport, reception, log);
        gateway = new RelayGateway(withoutSockets(transport, () -> lacking), resolver, this::ask, board, nameLimit)
                .with(log);
        configure(settings);
    }

    private static Transport withoutSockets(Transport transport, BooleanSupplier lacking) {
        return (Transport) Proxy.newProxyInstance(
                Transport.class.getClassLoader(), new Class<?>[] {Transport.class}, (proxy, method, arguments) -> {
                    if (lacking.getAsBoolean() && method.getName().equals("client")) {
                        return new Bootstrap()
                                .group((EventLoopGroup) arguments[0])
                                .channelFactory(() -> {
                                    throw new ChannelException(new SocketException("Too many open files"));
                                });
                    }
                    return method.invoke(transport, arguments);
                });
    }

    private Session ask(RouteRequest request, SessionObserver observer) {
        beforeAsking.run();
        return board.ask(request, observer);
    }

    void configure(Map<String, String> settings) {
        gateway.settings(GatewaySettings.of(Configs.of(GatewayConfig.class, settings)));
    }

    public GatewaySite instance(int number, int port, Role role) {
        return instance(number, "127.0.0.1", NetUtil.LOCALHOST4, port, role);
    }

    GatewaySite instance(int number, String host, @Nullable InetAddress address, int port, Role role) {
        board.add(new ConfiguredInstance(number, host, address, port, 27545), sockets -> {});
        role(number, role);
        return this;
    }

    /** The instance is at another port of this host from now on. */
    void moved(int number, int port, Role role) {
        board.remove(number, "its configuration has changed");
        instance(number, port, role);
    }

    void role(int number, Role role) {
        board.up(number, IDENTITY, new Attributes(InstanceState.ACCEPTING, role, false, 1));
    }

    void dead(int number) {
        board.down(number, new Verdict(VerdictReason.TIMED_OUT, "silent for 2.0 s", Instant.now()));
    }

    /** Opens a port on which the client has a say. */
    public int open() {
        return open(Optional.empty(), Optional.empty());
    }

    int open(Optional<Target> target, Optional<TlsMode> tls) {
        int port = FreePort.next();
        AdapterPorts.Port opened = ports.open(
                "127.0.0.1", String.valueOf(port), new RelayAdapter(gateway, new TestDoor(target, tls, reception)));
        Await.until("the port is open", () -> !opened.addresses().isEmpty());
        return port;
    }

    @Override
    public void close() {
        ports.close();
        gateway.close();
        board.close();
        resolver.close();
        transport.close();
    }

    private record TestDoor(Optional<Target> target, Optional<TlsMode> tls, Reception reception) implements Door {
        @Override
        public String path() {
            return "test";
        }

        @Override
        public Optional<String> wish(FirstPacket.Startup startup) {
            return StartupOptions.value(startup, "conmgr.target_session_attrs");
        }

        @Override
        public void next(Channel client, ByteBuf received) {
            reception.next(client, received);
        }
    }

    /** Bytes outside the heap that this process's buffers are cut from; there must be a session. */
    long buffers() {
        Channel server = gateway.relays().iterator().next().upstream().server();
        return ((ByteBufAllocatorMetricProvider) server.alloc()).metric().usedDirectMemory();
    }

    /** The targets of everybody who is bound just now. */
    List<Target> targets() {
        return board.applications().stream()
                .map(application -> application.request().target())
                .toList();
    }
}
