package org.conmgr.listener.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Setting;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.ListenerStatus;
import org.conmgr.listener.Throttle;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * Receives connections: counts them, lets each say what it wants and hands it to the adapter that takes it. Nothing
 * that comes and goes, adapters, settings, the message log, ends it, since with it would end the connections whose
 * first packet is still to come, and the count.
 */
@Component(service = Reception.class, immediate = true)
public final class Reception implements AutoCloseable {
    private static final AttributeKey<Reception> RECEPTION = AttributeKey.valueOf(Reception.class, "reception");

    /** The adapter whose own port a connection came by. */
    private static final AttributeKey<ApplicationAdapter> ONLY = AttributeKey.valueOf(Reception.class, "only");

    /** In Declarative Services' order: highest {@code service.ranking} last. */
    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile List<ApplicationAdapter> adapters;

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable MessageLog messageLog;

    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder tooMany = new LongAdder();
    private final LongAdder invalid = new LongAdder();
    private final LongAdder timedOut = new LongAdder();
    private final Throttle tooManyConnections = new Throttle(this::log, "Closed");
    private final LastHandler lastHandler = new LastHandler(this::log);

    private final Set<ListeningSockets> listening = ConcurrentHashMap.newKeySet();

    private volatile ListenerSettings current = ListenerSettings.DEFAULT;

    /** Connections whose first packet is still to come; takes none any more once closed. */
    private final ChannelGroup expected = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);

    @Activate
    public Reception() {
        this(List.of(), null);
    }

    /** @param adapters the one to ask first last, as Declarative Services orders them */
    Reception(List<ApplicationAdapter> adapters, @Nullable MessageLog messageLog) {
        this.adapters = adapters;
        this.messageLog = messageLog;
    }

    /** What is in force for connections whose settings come from the listener, not with them. */
    void settings(ListenerSettings now) {
        current = now;
    }

    /** All that listen for it now. */
    Set<ListeningSockets> listening() {
        return listening;
    }

    /** As {@link #receive(Channel, ListenerSettings)}, for a port of one adapter's own. */
    void receive(Channel channel, ApplicationAdapter only) {
        channel.attr(ONLY).set(only);
        receive(channel, current);
    }

    /** Takes a channel just accepted, on its event loop, its pipeline still empty; or closes it. */
    void receive(Channel channel, ListenerSettings settings) {
        int max = settings.maxConnections();
        int before = open.getAndUpdate(count -> max == 0 || count < max ? count + 1 : count);
        if (max != 0 && before >= max) {
            tooMany.increment();
            tooManyConnections.add(
                    channel.eventLoop(), LogMessage.of(Message.TOO_MANY_CONNECTIONS, Peer.of(channel), before));
            channel.close();
            return;
        }
        accepted.increment();
        channel.attr(RECEPTION).set(this);
        channel.closeFuture().addListener(closed -> open.decrementAndGet());
        channel.pipeline().addLast(new FirstPacketHandler(this, settings.authenticationTimeout()), lastHandler);
        expected.add(channel);
    }

    /** The one that a connection was received by. */
    static Reception of(Channel channel) {
        return Objects.requireNonNull(channel.attr(RECEPTION).get(), "not received here");
    }

    /** As {@link org.conmgr.listener.FrontDoor#next}. */
    public void next(Channel channel, ByteBuf received) {
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        if (!received.isReadable() && LingeringClose.peerHasEnded(channel)) {
            received.release();
            LingeringClose.whenSent(channel);
            return;
        }
        channel.pipeline().addFirst(new FirstPacketHandler(this, current.authenticationTimeout()));
        expected.add(channel);
        if (received.isReadable()) {
            channel.pipeline().fireChannelRead(received);
        } else {
            received.release();
        }
    }

    /** The adapter that takes this connection, which goes on with this packet; null when none does. */
    @Nullable
    ApplicationAdapter adapterFor(Channel channel, FirstPacket packet) {
        ApplicationAdapter only = channel.attr(ONLY).get();
        List<ApplicationAdapter> now = only == null ? adapters : List.of(only);
        for (int i = now.size() - 1; i >= 0; i--) {
            ApplicationAdapter adapter = now.get(i);
            try {
                if (adapter.accepts(packet)) {
                    return adapter;
                }
            } catch (RuntimeException | LinkageError e) {
                failed(adapter, e);
            }
        }
        return null;
    }

    /**
     * Gives the connection away. The adapter owns the bytes from now on; what it passes on reaches its handlers when
     * the last handler stands behind them, so that no failure of theirs goes past it.
     */
    void handOver(Channel channel, FirstPacket packet, ByteBuf bytes, ApplicationAdapter adapter) {
        expected.remove(channel);
        ChannelPipeline pipeline = channel.pipeline();
        HeldReads held = new HeldReads();
        pipeline.addFirst(held);
        try {
            adapter.adopt(channel, packet, bytes);
        } catch (RuntimeException | LinkageError e) {
            failed(adapter, e);
            held.drop();
            channel.close();
            return;
        }
        if (pipeline.context(lastHandler) != null && pipeline.last() != lastHandler) {
            pipeline.remove(lastHandler);
            pipeline.addLast(lastHandler);
        }
        if (pipeline.context(held) != null) {
            pipeline.remove(held);
        }
    }

    /** A first packet that is none, or that nobody takes. */
    void invalid(Channel channel, String why) {
        invalid.increment();
        log(LogMessage.of(Message.INVALID_FIRST_PACKET, Peer.of(channel), why));
    }

    /** No first packet in time. */
    void timedOut(Channel channel, Duration timeout) {
        timedOut.increment();
        log(LogMessage.of(Message.FIRST_PACKET_TIMED_OUT, Peer.of(channel), Setting.text(timeout)));
    }

    ListenerStatus status(List<String> addresses, int maxConnections) {
        return new ListenerStatus(
                addresses, maxConnections, open.get(), accepted.sum(), tooMany.sum(), invalid.sum(), timedOut.sum());
    }

    private void failed(ApplicationAdapter adapter, Throwable cause) {
        log(LogMessage.of(
                        Message.SUPERVISED_FAILURE,
                        "adapter " + adapter.getClass().getName(),
                        cause)
                .withCause(cause));
    }

    private void log(LogMessage message) {
        MessageLog log = messageLog;
        if (log != null) {
            log.log(message);
        }
    }

    /** Closes the connections that still have no adapter; those that have one stay with it. */
    @Override
    @Deactivate
    public void close() {
        expected.close();
    }
}
