package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.Gateway;
import org.conmgr.listener.FirstPacket;
import org.conmgr.netty.Resolver;
import org.conmgr.netty.Transport;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * What all relayed connections share. A restart would end them, so everything this refers to that may come and go does so without
 * it: the log, and the settings, which hold for connections to come.
 */
@Component(service = Gateway.class, immediate = true)
public final class RelayGateway implements Gateway, AutoCloseable {
    static final String PID = "org.conmgr.gateway";

    private static final long MAX_CLOSE_MS = 1_500;
    private static final String PREVIEW = "gateway";
    private static final String STOPPING = "conmgr's gateway is stopping";

    private final Transport transport;
    private final Router router;
    private final RegistryView registry;
    private final Duration nameLimit;
    private final Resolver resolver;
    private final Cancels cancels = new Cancels(this);
    private final Affinity affinity = new Affinity();
    private final Set<Relay> relays = ConcurrentHashMap.newKeySet();
    private final Set<Integer> unreachable = ConcurrentHashMap.newKeySet();

    /** Connections of clients; one added after close is closed at once. */
    private final ChannelGroup clients = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable MessageLog messageLog;

    private volatile @Nullable GatewaySettings settings;
    private volatile boolean closed;

    @Activate
    public RelayGateway(
            @Reference Transport transport,
            @Reference Resolver resolver,
            @Reference Router router,
            @Reference RegistryView registry) {
        this(transport, resolver, router, registry, TlsStart.NAME_LIMIT);
    }

    /** @param nameLimit how long a client may take to say which server it wants */
    RelayGateway(Transport transport, Resolver resolver, Router router, RegistryView registry, Duration nameLimit) {
        this.transport = transport;
        this.router = router;
        this.registry = registry;
        this.resolver = resolver;
        this.nameLimit = nameLimit;
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindSettings(GatewaySettingsSource source) {
        source.settings().ifPresent(this::settings);
    }

    /** What was in force stays so until the next settings come. */
    void unbindSettings(GatewaySettingsSource source) {}

    void settings(GatewaySettings now) {
        settings = now;
    }

    /** What the framework injects. */
    RelayGateway with(MessageLog log) {
        messageLog = log;
        return this;
    }

    @Override
    public void relay(Channel client, FirstPacket packet, ByteBuf received, Door door) {
        GatewaySettings now = settings;
        clients.add(client);
        if (now == null) {
            received.release();
            PlainStart.refuse(client, "57P03", "conmgr's gateway has no settings that it can use", null);
        } else if (packet instanceof FirstPacket.Startup startup) {
            PlainStart.start(this, now, client, startup, received, door);
        } else if (packet instanceof FirstPacket.Cancel cancel) {
            cancels.serve(client, cancel.length(), received);
        } else if (packet instanceof FirstPacket.TlsClientHello) {
            TlsStart.direct(this, now, client, received, door);
        } else {
            Negotiation.start(this, now, client, packet, received, door);
        }
    }

    Transport transport() {
        return transport;
    }

    Router router() {
        return router;
    }

    Duration nameLimit() {
        return nameLimit;
    }

    Resolver resolver() {
        return resolver;
    }

    Cancels cancels() {
        return cancels;
    }

    Affinity affinity() {
        return affinity;
    }

    /**
     * Whether there is an instance with this target just now.
     *
     * @param avoid the numbers of those that do not count
     */
    boolean offers(Target target, Set<Integer> avoid) {
        RouteRequest request = new RouteRequest(target, PREVIEW, 0, PREVIEW, 0, avoid, RouteRequest.NO_PREFERENCE);
        return registry.preview(request) instanceof Route;
    }

    /** Connections being relayed. */
    Set<Relay> relays() {
        return relays;
    }

    void began(Relay relay) {
        relays.add(relay);
        unreachable.remove(relay.upstream().instance().number());
        if (relay.opaque()) {
            affinity.began(
                    relay.clientAddress(),
                    relay.upstream().request().target(),
                    relay.upstream().instance().number());
        }
        if (closed) {
            relay.end(STOPPING);
        }
    }

    void over(Relay relay) {
        relays.remove(relay);
        byte[] key = relay.key();
        if (key != null) {
            cancels.forget(key, relay);
        }
        if (relay.opaque()) {
            affinity.over(relay.clientAddress(), relay.upstream().request().target());
        }
    }

    /** An instance that is up was not connected; said once until a client is relayed to it. */
    void notReached(ConfiguredInstance instance, String why) {
        if (unreachable.add(instance.number())) {
            log(LogMessage.of(Message.INSTANCE_NOT_REACHED, instance, why));
        }
    }

    /** The connection to an instance failed. */
    void broke(ConfiguredInstance instance, Throwable cause) {
        if (cause instanceof IOException) {
            log(LogMessage.of(Message.RELAY_BROKEN, instance, Failures.text(cause)));
        } else {
            log(LogMessage.of(Message.SUPERVISED_FAILURE, "a relayed connection to " + instance, cause)
                    .withCause(cause));
        }
    }

    /** A client was closed that could not be told why. */
    void refused(Channel client, Upstream.Failure failure) {
        log(LogMessage.of(Message.ENCRYPTED_CLIENT_REFUSED, client.remoteAddress(), failure.text()));
    }

    private void log(LogMessage message) {
        MessageLog log = messageLog;
        if (log != null) {
            log.log(message);
        }
    }

    /** Ends every connection; waits for it a second and a half at most. */
    @Override
    @Deactivate
    public void close() {
        closed = true;
        relays.forEach(relay -> relay.end(STOPPING));
        clients.newCloseFuture().awaitUninterruptibly(MAX_CLOSE_MS);
        clients.close();
    }
}
