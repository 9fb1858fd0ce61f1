package org.conmgr.heartbeat.internal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
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
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.LinkStatus;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.jspecify.annotations.Nullable;

/** The listening sockets of one watchdog and the links that came in. */
final class NettyEndpoint implements HeartbeatAcceptor.Endpoint {
    // Connections that are no links yet, in all and of one address, and how long one does not give way.
    private static final int MAX_HALF_OPEN = 512;
    private static final int MAX_HALF_OPEN_PER_ADDRESS = 128;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long REFUSALS_MILLIS = 60_000;

    /** Until then the configurations that a start brings have all come. */
    private static final long SETTLED_SECONDS = 5;

    private static final long GOODBYE_MILLIS = 1000;

    private final String name;
    private final Admission admission;
    private final HeartbeatAcceptor.Observer observer;
    private final VerdictHistory history;
    private final LinkSecurity security;
    private final EventLoopGroup loops;
    private final MessageLog log;
    private final Refusals refusals;
    private final List<Channel> listening = new ArrayList<>();
    private final Set<NettyWatchdogLink> connections = ConcurrentHashMap.newKeySet();
    private final HalfOpen<NettyWatchdogLink> halfOpen =
            new HalfOpen<>(MAX_HALF_OPEN, MAX_HALF_OPEN_PER_ADDRESS, PATIENCE_NANOS);
    private final Map<InetAddress, Integer> linksByHost = new ConcurrentHashMap<>();

    /** The last link of each conmgr process that has one. */
    private final Map<UUID, NettyWatchdogLink> newest = new ConcurrentHashMap<>();

    private final Runnable securityChanged = this::securityHasChanged;
    private final AtomicInteger established = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();

    private volatile AttributeSet attributes = AttributeSet.NOT_YET;
    private volatile Progress progress = Progress.UNKNOWN;
    private volatile int limit = Integer.MAX_VALUE;

    NettyEndpoint(
            String name,
            Admission admission,
            HeartbeatAcceptor.Observer observer,
            VerdictHistory history,
            LinkSecurity security,
            EventLoopGroup loops,
            MessageLog log) {
        this.name = name;
        this.admission = admission;
        this.observer = observer;
        this.history = history;
        this.security = security;
        this.loops = loops;
        this.log = log;
        refusals = new Refusals(name, log, loops, REFUSALS_MILLIS);
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
        security.observe(securityChanged);
        loops.schedule(this::warnIfUnprotected, SETTLED_SECONDS, TimeUnit.SECONDS);
    }

    private void warnIfUnprotected() {
        InetAddress open = addresses().stream()
                .map(InetSocketAddress::getAddress)
                .filter(address -> security.now().objectionTo(address) != null)
                .findFirst()
                .orElse(null);
        if (open != null && !closed.get()) {
            log.log(Message.LINKS_UNPROTECTED, name);
        }
    }

    private void securityHasChanged() {
        connections.forEach(NettyWatchdogLink::termsHaveChanged);
    }

    private void accept(Channel channel) {
        if (closed.get() || !(channel.remoteAddress() instanceof InetSocketAddress remote)) {
            channel.close();
            return;
        }
        InetAddress host = Host.canonical(remote.getAddress());
        if (!admission.admits(host) && !admission.admits(remote.getAddress())) {
            refused(remote, "its address is not in client_networks");
            channel.close();
            return;
        }
        PacketCodec codec = PacketCodec.forStranger();
        NettyWatchdogLink link = new NettyWatchdogLink(channel, remote, codec, this, security, log);
        NettyWatchdogLink leaving = halfOpen.add(host, link, System.nanoTime()).orElse(null);
        if (leaving == link) {
            refused(remote, "too many connections that are no links yet");
            channel.close();
            return;
        }
        if (leaving != null) {
            leaving.giveWay();
        }
        connections.add(link);
        channel.pipeline().addLast(new FirstByte(link::beginTls), codec, new LinkHandler(link, log));
        channel.closeFuture().addListener(gone -> {
            connections.remove(link);
            halfOpen.remove(host, link);
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
    Goodbye admit(NettyWatchdogLink link, Peer peer) {
        InetAddress host = Host.canonical(peer.address().getAddress());
        int links = established.incrementAndGet();
        int own = linksByHost.merge(host, 1, Integer::sum);
        Goodbye refusal = links > limit
                ? new Goodbye(
                        Goodbye.Reason.TOO_MANY_CONNECTIONS,
                        "watchdog \"" + name + "\" has " + (links - 1) + " links, max_heartbeat_connections is "
                                + limit)
                : own > admission.maxLinksPerAddress()
                        ? new Goodbye(
                                Goodbye.Reason.REFUSED,
                                "its address has " + (own - 1) + " links, max_links_per_address is "
                                        + admission.maxLinksPerAddress())
                        : null;
        if (refusal == null) {
            halfOpen.remove(host, link);
        } else {
            forget(host);
        }
        return refusal;
    }

    private void forget(InetAddress host) {
        established.decrementAndGet();
        linksByHost.computeIfPresent(host, (address, count) -> count == 1 ? null : count - 1);
    }

    void established(NettyWatchdogLink link, Peer peer) {
        newest.put(peer.id(), link);
        log.log(Message.CONMGR_CONNECTED, peer.name(), peer.addressText());
        observer.established(peer);
    }

    /**
     * A link has ended. A conmgr that has made a newer one meanwhile lives, and has registered its sessions there: an end
     * that is noticed late must not cost them.
     */
    void lost(
            NettyWatchdogLink link,
            Peer peer,
            Verdict verdict,
            BeatFacts beats,
            WatchdogLink.Farewell farewell,
            Set<InetSocketAddress> sessions) {
        forget(Host.canonical(peer.address().getAddress()));
        boolean replaced = !newest.remove(peer.id(), link) && newest.containsKey(peer.id());
        VerdictSubject subject = new VerdictSubject.Conmgr(name, peer.name(), peer.addressText());
        history.add(new VerdictRecord(subject, VerdictRecord.Outcome.LOST, verdict, "", beats, ""));
        log.log(Message.CONMGR_LOST, peer.name(), peer.addressText(), verdict);
        if (!closed.get()) {
            observer.lost(new Loss(
                    peer,
                    verdict,
                    farewell.awaited(),
                    replaced ? Set.of() : sessions,
                    replaced || farewell.sparesHost() || beats(peer.address().getAddress())));
        }
    }

    void refused(InetSocketAddress remote, String why) {
        String peer = text(remote);
        refusals.add(
                Host.canonical(remote.getAddress()), LogMessage.of(Message.LINK_REFUSED, peer, why), peer + ": " + why);
    }

    /** The links were too many. */
    void refusedForLimit(InetSocketAddress remote, String why) {
        String peer = text(remote);
        refusals.add(
                Host.canonical(remote.getAddress()),
                LogMessage.of(Message.TOO_MANY_LINKS, peer, established.get()),
                peer + ": " + why);
    }

    private static String text(InetSocketAddress remote) {
        return remote.getAddress().getHostAddress() + ":" + remote.getPort();
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
        return linksByHost.containsKey(Host.canonical(host));
    }

    @Override
    public void close(Departure departure) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        security.forget(securityChanged);
        refusals.close();
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
