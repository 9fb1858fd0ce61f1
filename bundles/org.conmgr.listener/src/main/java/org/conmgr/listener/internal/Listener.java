package org.conmgr.listener.internal;

import io.netty.channel.Channel;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
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
 * Listens where the settings say. A new setting takes effect at once, for the next connection; to close a server socket
 * resets the connections in its backlog, which a new {@code max_connections} does not concern. Hence a {@code Modified}
 * method.
 */
@Component(service = ListenerView.class, immediate = true, configurationPid = Listener.PID)
// Not before the settings are known: the default port may be another conmgr's.
@SatisfyingConditionTarget("(osgi.condition.id=conmgr.config)")
@Designate(ocd = ListenerConfig.class)
public final class Listener implements ListenerView, AutoCloseable {
    static final String PID = "org.conmgr.listener";

    private final Reception reception;
    private final MessageLog log;
    private final ListeningSockets sockets;
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
        sockets = new ListeningSockets(transport, log, reception.listening(), this::receive);
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
        settings = wanted;
        reception.settings(wanted);
        sockets.change(wanted.addresses());
    }

    @Override
    public List<String> missing() {
        return sockets.missing();
    }

    /** Where it listens now. */
    List<SocketAddress> addresses() {
        return sockets.addresses();
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
        return reception.status(sockets.texts(), now == null ? 0 : now.maxConnections());
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
        sockets.close();
    }
}
