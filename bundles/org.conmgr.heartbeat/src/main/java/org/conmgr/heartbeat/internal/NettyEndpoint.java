package org.conmgr.heartbeat.internal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.LinkStatus;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.jspecify.annotations.Nullable;

/** The listening sockets of one watchdog and the links that came in. */
final class NettyEndpoint implements HeartbeatAcceptor.Endpoint {
    /** Connections that have not said Hello yet; more are closed at once, so strangers cost bounded memory. */
    private static final int MAX_STRANGERS = 1000;

    private static final long GOODBYE_MILLIS = 1000;

    private final String name;
    private final HeartbeatAcceptor.Observer observer;
    private final VerdictHistory history;
    private final MessageLog log;
    private final List<Channel> listening = new ArrayList<>();
    private final Set<NettyWatchdogLink> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger strangers = new AtomicInteger();
    private final AtomicInteger established = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();

    private volatile AttributeSet attributes = AttributeSet.NOT_YET;
    private volatile Progress progress = Progress.UNKNOWN;
    private volatile int limit = Integer.MAX_VALUE;

    NettyEndpoint(String name, HeartbeatAcceptor.Observer observer, VerdictHistory history, MessageLog log) {
        this.name = name;
        this.observer = observer;
        this.history = history;
        this.log = log;
    }

    /** Not on an event loop. */
    void listen(ServerBootstrap bootstrap, List<InetSocketAddress> addresses) throws IOException {
        bootstrap.childHandler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                accept(channel);
            }
        });
        for (InetSocketAddress address : addresses) {
            ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                close(Departure.SHUTDOWN);
                throw new IOException(
                        address.getAddress().getHostAddress() + ":" + address.getPort() + ": "
                                + Failure.text(bound.cause()),
                        bound.cause());
            }
            listening.add(bound.channel());
        }
    }

    private void accept(Channel channel) {
        if (closed.get() || strangers.get() >= MAX_STRANGERS) {
            channel.close();
            return;
        }
        strangers.incrementAndGet();
        PacketCodec codec = new PacketCodec();
        NettyWatchdogLink link = new NettyWatchdogLink(channel, codec, this, log);
        connections.add(link);
        channel.pipeline().addLast(codec, new LinkHandler(link, log));
        channel.closeFuture().addListener(gone -> {
            connections.remove(link);
            if (!link.admitted()) {
                strangers.decrementAndGet();
            }
        });
        link.begin();
        if (closed.get()) {
            channel.close();
        }
    }

    String name() {
        return name;
    }

    AttributeSet attributes() {
        return attributes;
    }

    @Nullable
    Goodbye admit(Peer peer) {
        int links = established.incrementAndGet();
        if (links > limit) {
            established.decrementAndGet();
            log.log(Message.TOO_MANY_LINKS, peer.addressText(), links - 1);
            return new Goodbye(
                    Goodbye.Reason.TOO_MANY_CONNECTIONS,
                    "watchdog \"" + name + "\" has " + (links - 1) + " links, max_heartbeat_connections is " + limit);
        }
        strangers.decrementAndGet();
        return null;
    }

    void established(Peer peer) {
        log.log(Message.CONMGR_CONNECTED, peer.name(), peer.addressText());
        observer.established(peer);
    }

    /** The link of this peer, which has none any more. */
    void lost(Peer peer, Verdict verdict, BeatFacts beats, boolean restarting, Set<InetSocketAddress> sessions) {
        established.decrementAndGet();
        VerdictSubject subject = new VerdictSubject.Conmgr(name, peer.name(), peer.addressText());
        history.add(new VerdictRecord(subject, VerdictRecord.Outcome.LOST, verdict, "", beats, ""));
        log.log(Message.CONMGR_LOST, peer.name(), peer.addressText(), verdict);
        if (!closed.get()) {
            observer.lost(new Loss(
                    peer, verdict, restarting, sessions, beats(peer.address().getAddress())));
        }
    }

    void refused(InetSocketAddress remote, String why) {
        log.log(Message.LINK_REFUSED, remote.getAddress().getHostAddress() + ":" + remote.getPort(), why);
    }

    Progress progress() {
        return progress;
    }

    @Override
    public List<InetSocketAddress> addresses() {
        return listening.stream()
                .map(channel -> (InetSocketAddress) channel.localAddress())
                .toList();
    }

    @Override
    public void publish(Identity identity, Attributes changed, String why) {
        attributes = new AttributeSet(identity, changed, why);
        connections.forEach(NettyWatchdogLink::attributesHaveChanged);
    }

    @Override
    public void progress(Progress now) {
        progress = now;
    }

    @Override
    public void limit(int maxLinks) {
        limit = maxLinks;
    }

    @Override
    public List<LinkStatus> links() {
        List<LinkStatus> links = new ArrayList<>();
        for (NettyWatchdogLink link : connections) {
            LinkStatus status = link.status();
            if (status != null) {
                links.add(status);
            }
        }
        return List.copyOf(links);
    }

    @Override
    public boolean beats(InetAddress host) {
        for (NettyWatchdogLink link : connections) {
            Peer peer = link.peer();
            if (peer != null && Host.same(peer.address().getAddress(), host)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close(Departure departure) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        listening.forEach(channel -> channel.close().awaitUninterruptibly(GOODBYE_MILLIS, TimeUnit.MILLISECONDS));
        Goodbye goodbye = departure == Departure.RESTART
                ? new Goodbye(Goodbye.Reason.RESTART, "watchdog restarts")
                : new Goodbye(
                        attributes.attributes().state() == InstanceState.STOPPED
                                ? Goodbye.Reason.INSTANCE_STOPPED
                                : Goodbye.Reason.SHUTDOWN,
                        "watchdog stops");
        List<Future<?>> leaving = new ArrayList<>();
        for (NettyWatchdogLink link : connections) {
            link.stop(goodbye);
            leaving.add(link.channel().closeFuture());
        }
        Goodbyes.await(leaving);
    }
}
