package org.conmgr.heartbeat.internal;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Ticker;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
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
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.heartbeat.internal.security.MutualTls;
import org.conmgr.heartbeat.internal.security.Protection;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.conmgr.netty.ReceiveQueue;
import org.conmgr.netty.SendQueue;
import org.jspecify.annotations.Nullable;

/** A {@link WatchdogLink} on its channel's event loop. */
final class NettyWatchdogLink implements WatchdogLink.Outside, LinkHandler.Events {
    private final Channel channel;
    private final PacketCodec codec;
    private final NettyEndpoint endpoint;
    private final LinkSecurity security;
    private final MessageLog log;
    private final LoopTimer timer;
    private final WatchdogLink link;
    private final InetSocketAddress remote;

    private boolean overLimit;
    private volatile @Nullable LinkStatus status;

    NettyWatchdogLink(
            Channel channel,
            InetSocketAddress remote,
            PacketCodec codec,
            NettyEndpoint endpoint,
            LinkSecurity security,
            MessageLog log) {
        this.channel = channel;
        this.remote = remote;
        this.codec = codec;
        this.endpoint = endpoint;
        this.security = security;
        this.log = log;
        timer = new LoopTimer(channel.eventLoop(), Ticker.systemTicker(), this::tick);
        link = new WatchdogLink(this, remote, endpoint.name(), InstantSource.system(), timer.now());
    }

    /** On the loop, once, when the channel is active. */
    void begin() {
        SendQueue.resendSteadily(channel);
        timer.arm(link.wakeAt());
    }

    Channel channel() {
        return channel;
    }

    /** Null unless established; any thread. */
    @Nullable
    LinkStatus status() {
        return status;
    }

    /** On the loop: the peer begins TLS. Null to go without, after it was turned away. */
    @Nullable
    SslHandler beginTls() {
        Protection now = security.now();
        MutualTls tls = now.tls();
        if (tls == null) {
            supervised(() -> link.turnAway(
                    timer.now(), Goodbye.Reason.UNAUTHENTICATED, "it speaks TLS, but org.conmgr.tls is not set here"));
            return null;
        }
        SslHandler handler = tls.server(channel.alloc(), now.trust(), security.handshakes());
        handler.setHandshakeTimeoutMillis(0); // The time for a Hello spans it.
        handler.setCloseNotifyFlushTimeoutMillis(1000);
        return handler;
    }

    /** Any thread: it has had its chance to become a link, and another connection wants one. */
    void giveWay() {
        channel.eventLoop()
                .execute(() -> supervised(() -> link.turnAway(
                        timer.now(),
                        Goodbye.Reason.REFUSED,
                        "too many connections that are no links yet; this is the oldest")));
    }

    /** Any thread. */
    void termsHaveChanged() {
        channel.eventLoop().execute(() -> supervised(() -> link.termsChanged(timer.now())));
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
    public void untrusted(String why) {
        supervised(() -> link.untrusted(timer.now(), why));
    }

    @Override
    public @Nullable Goodbye admit(Peer greeted) {
        Goodbye refusal = endpoint.admit(this, greeted);
        if (refusal == null) {
            codec.admitted();
        }
        overLimit = refusal != null && refusal.reason() == Goodbye.Reason.TOO_MANY_CONNECTIONS;
        return refusal;
    }

    @Override
    public Terms terms() {
        Protection now = security.now();
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        SSLSession session = tls == null ? null : tls.engine().getSession();
        try {
            return new Terms(
                    now.objectionTo(
                            Host.canonical(remote.getAddress()),
                            session != null,
                            session == null ? null : MutualTls.names(session)),
                    now.secret(),
                    now.secretRequired(),
                    session == null ? "" : MutualTls.binding(session, false),
                    SharedSecret.nonce());
        } catch (SSLPeerUnverifiedException e) {
            throw new IllegalStateException("a TLS session without this end's certificate", e);
        }
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
    public long sinceArrival() {
        return ReceiveQueue.nanosSinceArrival(channel);
    }

    @Override
    public void disconnect() {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null && !tls.handshakeFuture().isDone()) {
            channel.close(); // Nothing can be written, now or ever.
            return;
        }
        // Behind whatever was written last.
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void established(Peer greeted) {
        endpoint.established(this, greeted);
    }

    @Override
    public void lost(
            Peer known,
            Verdict verdict,
            BeatFacts beats,
            WatchdogLink.Farewell farewell,
            Set<InetSocketAddress> sessions) {
        endpoint.lost(this, known, verdict, beats, farewell, sessions);
    }

    @Override
    public void refused(String why) {
        if (overLimit) {
            endpoint.refusedForLimit(remote, why);
        } else {
            endpoint.refused(remote, why);
        }
    }
}
