package org.conmgr.listener.internal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
 *
 * <p>It goes on listening where it did until it listens wherever it should: a port that is taken leaves nobody without
 * conmgr. Only an address that overlaps one to come ({@code *} and another of the same port) is closed before.
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
    /** Those of the settings, and those of earlier settings that still stay. */
    private volatile Map<InetSocketAddress, ListeningSocket> sockets = Map.of();

    private boolean applying;
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
        bootstrap = ListeningSocket.bootstrap(transport, log, this::receive);
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

    /** Waits, some seconds at most, until what changes has changed. Called by one thread at a time, no event loop. */
    void apply(ListenerSettings wanted) {
        List<ListeningSocket> opened = new ArrayList<>();
        List<ListeningSocket> inTheWay = new ArrayList<>();
        synchronized (this) {
            applying = true;
            settings = wanted;
            reception.settings(wanted);
            Map<InetSocketAddress, ListeningSocket> now = new HashMap<>(sockets);
            sockets.forEach((address, socket) -> {
                boolean goes = !wanted.addresses().contains(address);
                if (goes && (socket.localAddress().isEmpty() || overlaps(address, wanted.addresses()))) {
                    inTheWay.add(socket);
                    now.remove(address);
                }
            });
            for (InetSocketAddress address : wanted.addresses()) {
                if (!now.containsKey(address)) {
                    ListeningSocket socket = new ListeningSocket(bootstrap, address, log, this::attempted);
                    opened.add(socket);
                    now.put(address, socket);
                }
            }
            sockets = Map.copyOf(now);
        }
        inTheWay.forEach(ListeningSocket::close);
        opened.forEach(ListeningSocket::open);
        opened.forEach(ListeningSocket::awaitAttempt);
        List<ListeningSocket> going;
        synchronized (this) {
            applying = false;
            going = going();
        }
        going.forEach(ListeningSocket::close);
        List<String> staying = ListeningSocket.texts(staying());
        if (!staying.isEmpty()) {
            log.log(Message.STILL_LISTENING, String.join(", ", staying), String.join("; ", missing()));
        }
    }

    private static boolean overlaps(InetSocketAddress going, Set<InetSocketAddress> coming) {
        return coming.stream()
                .anyMatch(address -> address.getPort() == going.getPort() && (isForAll(address) || isForAll(going)));
    }

    private static boolean isForAll(InetSocketAddress address) {
        return address.getAddress().isAnyLocalAddress();
    }

    /** Called by an event loop: it waits for nothing. */
    private void attempted() {
        List<ListeningSocket> going;
        synchronized (this) {
            going = applying ? List.of() : going();
        }
        going.forEach(ListeningSocket::release);
    }

    /** Takes out what was listened on before, if it listens everywhere now. */
    private synchronized List<ListeningSocket> going() {
        Set<InetSocketAddress> wanted = wanted();
        Map<InetSocketAddress, ListeningSocket> now = sockets;
        if (!wanted.stream().allMatch(address -> listens(now.get(address)))) {
            return List.of();
        }
        List<ListeningSocket> going = staying();
        Map<InetSocketAddress, ListeningSocket> after = new HashMap<>(now);
        after.keySet().retainAll(wanted);
        sockets = Map.copyOf(after);
        return going;
    }

    private static boolean listens(@Nullable ListeningSocket socket) {
        return socket != null && socket.localAddress().isPresent();
    }

    private Set<InetSocketAddress> wanted() {
        ListenerSettings now = settings;
        return now == null ? Set.of() : now.addresses();
    }

    /** Those of earlier settings. */
    private List<ListeningSocket> staying() {
        Set<InetSocketAddress> wanted = wanted();
        return sockets.entrySet().stream()
                .filter(entry -> !wanted.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    @Override
    public List<String> missing() {
        return sockets.values().stream()
                .flatMap(socket -> socket.failure().stream())
                .sorted()
                .toList();
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
        return reception.status(ListeningSocket.texts(sockets.values()), now == null ? 0 : now.maxConnections());
    }

    @Override
    public Duration authenticationTimeout() {
        ListenerSettings now = settings;
        return (now == null ? ListenerSettings.DEFAULT : now).authenticationTimeout();
    }

    /** Stops listening, waiting until the ports are free; accepted connections stay. */
    @Override
    @Deactivate
    public void close() {
        Map<InetSocketAddress, ListeningSocket> now;
        synchronized (this) {
            now = sockets;
            sockets = Map.of();
        }
        now.values().forEach(ListeningSocket::close);
    }
}
