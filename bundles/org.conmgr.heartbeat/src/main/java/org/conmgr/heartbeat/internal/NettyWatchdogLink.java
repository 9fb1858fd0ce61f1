package org.conmgr.heartbeat.internal;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.Ticker;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Set;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.heartbeat.LinkStatus;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.netty.SendQueue;
import org.jspecify.annotations.Nullable;

/** A {@link WatchdogLink} on its channel's event loop. */
final class NettyWatchdogLink implements WatchdogLink.Outside, LinkHandler.Events {
    private final Channel channel;
    private final PacketCodec codec;
    private final NettyEndpoint endpoint;
    private final MessageLog log;
    private final LoopTimer timer;
    private final WatchdogLink link;
    private final InetSocketAddress remote;

    private boolean admitted;
    private volatile @Nullable Peer peer;
    private volatile @Nullable LinkStatus status;

    NettyWatchdogLink(Channel channel, PacketCodec codec, NettyEndpoint endpoint, MessageLog log) {
        this.channel = channel;
        this.codec = codec;
        this.endpoint = endpoint;
        this.log = log;
        remote = (InetSocketAddress) channel.remoteAddress();
        timer = new LoopTimer(channel.eventLoop(), Ticker.systemTicker(), this::tick);
        link = new WatchdogLink(this, remote, endpoint.name(), InstantSource.system(), timer.now());
    }

    /** On the loop, once, when the channel is active. */
    void begin() {
        timer.arm(link.wakeAt());
    }

    /** Null until established; any thread. */
    @Nullable
    Peer peer() {
        return peer;
    }

    Channel channel() {
        return channel;
    }

    /** Null unless established; any thread. */
    @Nullable
    LinkStatus status() {
        return status;
    }

    /** On the loop: whether it has ever become a link. */
    boolean admitted() {
        return admitted;
    }

    /** Any thread. */
    void attributesHaveChanged() {
        channel.eventLoop().execute(() -> supervised(link::attributesChanged));
    }

    /** Any thread. */
    void stop(Goodbye goodbye) {
        channel.eventLoop().execute(() -> supervised(() -> link.stop(goodbye)));
    }

    private void tick(long now, long due) {
        supervised(() -> link.tick(now, due));
    }

    private void supervised(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException e) {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the heartbeat link from " + remote, e)
                    .withCause(e));
        } finally {
            status = link.status(timer.now(), codec.received(), codec.sent());
            timer.arm(link.wakeAt());
        }
    }

    @Override
    public void received(Packet packet) {
        supervised(() -> link.received(timer.now(), packet));
    }

    @Override
    public void closed(String how) {
        supervised(() -> link.closed(timer.now(), how));
        timer.disarm();
    }

    @Override
    public void unreachable(String how) {
        closed(how);
    }

    @Override
    public void corrupted(String what) {
        supervised(() -> link.corrupted(timer.now(), what));
    }

    @Override
    public @Nullable Goodbye admit(Peer greeted) {
        Goodbye refusal = endpoint.admit(greeted);
        admitted = refusal == null;
        return refusal;
    }

    @Override
    public AttributeSet attributes() {
        return endpoint.attributes();
    }

    @Override
    public Progress progress() {
        return endpoint.progress();
    }

    @Override
    public void send(Packet packet) {
        channel.writeAndFlush(packet);
    }

    @Override
    public boolean unacknowledged() {
        return SendQueue.unacknowledged(channel);
    }

    @Override
    public void disconnect() {
        // Behind whatever was written last.
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void established(Peer greeted) {
        peer = greeted;
        endpoint.established(greeted);
    }

    @Override
    public void lost(
            Peer known, Verdict verdict, BeatFacts beats, boolean restarting, Set<InetSocketAddress> sessions) {
        peer = null;
        endpoint.lost(known, verdict, beats, restarting, sessions);
    }

    @Override
    public void refused(String why) {
        endpoint.refused(remote, why);
    }
}
