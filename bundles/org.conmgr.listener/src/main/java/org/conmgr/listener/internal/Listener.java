package org.conmgr.listener.internal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.listener.ListenerStatus;
import org.conmgr.listener.ListenerView;
import org.conmgr.netty.Transport;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.propertytypes.SatisfyingConditionTarget;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Listens where the settings say. A new setting takes effect at once, for the next connection; server sockets are
 * closed and opened only where the addresses differ: to close one resets the connections in its backlog, which a new
 * {@code max_connections} does not concern. Hence a {@code Modified} method.
 */
@Component(service = ListenerView.class, immediate = true, configurationPid = Listener.PID)
// Not before the settings are known: the default port may be another conmgr's.
@SatisfyingConditionTarget("(osgi.condition.id=conmgr.config)")
@Designate(ocd = ListenerConfig.class)
public final class Listener implements ListenerView, AutoCloseable {
    static final String PID = "org.conmgr.listener";

    private final Reception reception;
    private final MessageLog log;
    private final ServerBootstrap bootstrap;
    private volatile Map<InetSocketAddress, ListeningSocket> sockets = Map.of();
    private volatile @Nullable ListenerSettings settings;

    @Activate
    public Listener(
            @Reference Transport transport,
            @Reference Reception reception,
            @Reference MessageLog log,
            ListenerConfig config) {
        this(transport, reception, log, check(config, log));
    }

    Listener(Transport transport, Reception reception, MessageLog log, Optional<ListenerSettings> settings) {
        this.reception = reception;
        this.log = log;
        bootstrap = transport
                .server(transport.applicationLoops())
                .handler(new AcceptFailures(log))
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        receive(channel);
                    }
                });
        settings.ifPresent(this::apply);
    }

    private static Optional<ListenerSettings> check(ListenerConfig config, MessageLog log) {
        try {
            return Optional.of(ListenerSettings.of(config));
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, PID, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    @Modified
    void modified(ListenerConfig config) {
        check(config, log).ifPresent(this::apply);
    }

    synchronized void apply(ListenerSettings wanted) {
        settings = wanted;
        reception.settings(wanted);
        Map<InetSocketAddress, ListeningSocket> before = sockets;
        // Closed first: an address to come may overlap one that goes.
        before.forEach((address, socket) -> {
            if (!wanted.addresses().contains(address)) {
                socket.close();
            }
        });
        Map<InetSocketAddress, ListeningSocket> after = new HashMap<>();
        for (InetSocketAddress address : wanted.addresses()) {
            ListeningSocket kept = before.get(address);
            after.put(address, kept != null ? kept : open(address));
        }
        sockets = Map.copyOf(after);
    }

    private ListeningSocket open(InetSocketAddress address) {
        ListeningSocket socket = new ListeningSocket(bootstrap, address, log);
        socket.open();
        return socket;
    }

    /** Where it listens now. */
    List<SocketAddress> addresses() {
        return sockets.values().stream()
                .flatMap(socket -> socket.localAddress().stream())
                .toList();
    }

    private void receive(Channel channel) {
        ListenerSettings now = settings;
        if (now == null) {
            channel.close();
        } else {
            reception.receive(channel, now);
        }
    }

    @Override
    public ListenerStatus status() {
        ListenerSettings now = settings;
        return reception.status(
                addresses().stream().map(Peer::text).sorted().toList(), now == null ? 0 : now.maxConnections());
    }

    @Override
    public Duration authenticationTimeout() {
        ListenerSettings now = settings;
        return (now == null ? ListenerSettings.DEFAULT : now).authenticationTimeout();
    }

    /** Stops listening, waiting until the ports are free; accepted connections stay. */
    @Override
    @Deactivate
    public synchronized void close() {
        sockets.values().forEach(ListeningSocket::close);
        sockets = Map.of();
    }
}
