package org.conmgr.heartbeat.internal;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.Ticker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.InstanceRegistry;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.heartbeat.internal.security.MutualTls;
import org.conmgr.heartbeat.internal.security.Protection;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.conmgr.netty.ReceiveQueue;
import org.conmgr.netty.Resolver;
import org.conmgr.netty.SendQueue;
import org.conmgr.netty.Transport;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ConmgrLink} on an event loop: connects, sends, keeps the time, and reports to the registry and the log.
 * Everything but the constructor and the three public methods runs on the loop.
 */
final class NettyConmgrLink implements ConmgrLink.Outside, InstanceRegistry.SessionsObserver {
    /** The detector in shadow is reported once in this time, however often it is wrong. */
    private static final long SHADOW_SILENCE = TimeUnit.MINUTES.toNanos(10);

    private final ConfiguredInstance instance;
    private final Transport transport;
    private final EventLoop loop;
    private final Resolver resolver;
    private final InstanceRegistry registry;
    private final VerdictHistory history;
    private final LinkSecurity security;
    private final MessageLog log;
    private final InstantSource clock;
    private final LoopTimer timer;
    private final ConmgrLink link;

    private LinkSettings settings;
    private @Nullable Channel channel;
    private @Nullable InetAddress lastAddress;
    private boolean resolving;
    private int attempt;

    private long shadowSilentUntil;
    private LinkState reported = LinkState.CONNECTING;
    private @Nullable Attributes reportedAttributes;
    private @Nullable String reportedFailure;

    /** Whether it has been said that no probe can be sent. */
    private boolean lackTold;

    NettyConmgrLink(
            ConfiguredInstance instance,
            LinkSettings settings,
            UUID conmgrId,
            Transport transport,
            Resolver resolver,
            InstanceRegistry registry,
            VerdictHistory history,
            LinkSecurity security,
            MessageLog log) {
        this.instance = instance;
        this.settings = settings;
        this.transport = transport;
        this.resolver = resolver;
        this.registry = registry;
        this.history = history;
        this.security = security;
        this.log = log;
        clock = InstantSource.system();
        loop = transport.heartbeatLoops().next();
        timer = new LoopTimer(loop, Ticker.systemTicker(), this::tick);
        link = new ConmgrLink(this, conmgrId, settings, clock);
    }

    /** Any thread. */
    void start() {
        run(() -> link.start(timer.now()));
    }

    /** Any thread. An established link stays. */
    void settings(LinkSettings changed) {
        run(() -> {
            settings = changed;
            link.settings(timer.now(), changed);
        });
    }

    /** Any thread. An established link stays. */
    void detection(Detection changed) {
        run(() -> link.detection(timer.now(), changed));
    }

    /** Any thread. What is demanded of watchdogs may have changed; a link that meets it stays. */
    void securityChanged() {
        run(() -> {
            Channel open = channel;
            if (open == null || !(open.remoteAddress() instanceof InetSocketAddress target)) {
                return;
            }
            Protection now = security.now();
            String objection = now.objectionTo(target.getAddress());
            boolean encrypted = open.pipeline().get(SslHandler.class) != null;
            if (objection == null && encrypted != (now.tls() != null)) {
                objection = encrypted ? "TLS is no longer configured" : "TLS is now configured";
            }
            link.termsChanged(timer.now(), terms(now, ""), objection);
        });
    }

    /** Any thread. Completes when the Goodbye has left or cannot leave. */
    Future<?> stop(Goodbye.Reason reason, String text) {
        Promise<Void> stopped = loop.newPromise();
        run(() -> {
            Channel open = channel;
            link.stop(reason, text);
            timer.disarm();
            if (open == null) {
                stopped.setSuccess(null);
            } else {
                open.closeFuture().addListener(closed -> stopped.setSuccess(null));
            }
        });
        return stopped;
    }

    /** Any thread. */
    @Override
    public void sessions(Set<InetSocketAddress> sqlSockets) {
        run(() -> link.sessions(sqlSockets));
    }

    private void run(Runnable event) {
        if (loop.inEventLoop()) {
            supervised(event);
        } else {
            loop.execute(() -> supervised(event));
        }
    }

    /** No failure of ours may end the link silently: it is logged, and the timer goes on. */
    private void supervised(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException e) {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the heartbeat link to " + instance, e)
                    .withCause(e));
        } finally {
            timer.arm(link.wakeAt());
        }
    }

    private void tick(long now, long due) {
        supervised(() -> link.tick(now, due));
    }

    @Override
    public void connect() {
        int mine = ++attempt;
        long deadline = timer.now() + settings.connectTimeout().toNanos();
        InetAddress fixed = instance.hostaddr();
        CompletableFuture<List<InetAddress>> answer = fixed == null
                ? resolver.resolve(instance.host(), settings.connectTimeout())
                : CompletableFuture.completedFuture(List.of(fixed));
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
            connect(mine, answer.join(), 0, deadline);
            return;
        }
        resolving = true;
        // Always through the queue: the link must not be called back while it calls.
        answer.whenComplete((addresses, failure) ->
                loop.execute(() -> supervised(() -> resolved(mine, addresses, failure, deadline))));
    }

    private void resolved(int mine, List<InetAddress> addresses, @Nullable Throwable failure, long deadline) {
        if (mine != attempt) {
            return; // This attempt has timed out meanwhile.
        }
        resolving = false;
        if (failure == null) {
            connect(mine, addresses, 0, deadline);
        } else {
            link.connectFailed(timer.now(), VerdictReason.NAME_NOT_RESOLVED, String.valueOf(failure.getMessage()));
        }
    }

    @Override
    public boolean resolving() {
        return resolving;
    }

    /** Tries this address and those behind it: each has an equal share of the time that is left. */
    private void connect(int mine, List<InetAddress> addresses, int index, long deadline) {
        InetSocketAddress target = new InetSocketAddress(addresses.get(index), instance.watchdogPort());
        Protection protection = security.now();
        String objection = protection.objectionTo(target.getAddress());
        if (objection != null) {
            channel = null;
            loop.execute(() -> supervised(() -> {
                if (mine == attempt) {
                    link.connectFailed(timer.now(), VerdictReason.UNAUTHENTICATED, objection);
                }
            }));
            return;
        }
        MutualTls tls = protection.tls();
        Channel opening = bootstrap(target.getAddress())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, shareMillis(deadline, addresses.size() - index))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                        SendQueue.resendSteadily(made);
                        if (tls != null) {
                            SslHandler handler = tls.client(
                                    made.alloc(), instance.host(), instance.watchdogPort(), security.handshakes());
                            handler.setHandshakeTimeoutMillis(0); // heartbeat_connect_timeout spans it.
                            made.pipeline().addLast(handler);
                        }
                        made.pipeline().addLast(new PacketCodec(), new LinkHandler(new ChannelEvents(made), log));
                    }
                })
                .connect(target)
                .addListener((ChannelFutureListener) done -> run(() -> {
                    if (mine != attempt) {
                        return; // disconnect() has closed it.
                    }
                    if (done.isSuccess()) {
                        lastAddress = target.getAddress();
                        connected(mine, done.channel(), protection);
                    } else if (index + 1 < addresses.size()) {
                        connect(mine, addresses, index + 1, deadline);
                    } else {
                        channel = null;
                        link.connectFailed(timer.now(), Failure.ofConnect(done.cause()), Failure.text(done.cause()));
                    }
                }))
                .channel();
        // One for which there was no file descriptor has no loop, and cannot be closed.
        channel = opening.isOpen() ? opening : null;
    }

    private int shareMillis(long deadline, int addressesLeft) {
        // The link's own timer ends the last one's: what it then says is of the whole attempt.
        long share = addressesLeft == 1
                ? settings.connectTimeout().toMillis()
                : TimeUnit.NANOSECONDS.toMillis((deadline - timer.now()) / addressesLeft);
        return (int) Math.max(1, share);
    }

    /** The TCP connection stands. */
    private void connected(int mine, Channel open, Protection protection) {
        SslHandler tls = open.pipeline().get(SslHandler.class);
        if (tls == null) {
            link.connected(terms(protection, ""));
            return;
        }
        tls.handshakeFuture()
                .addListener(done -> run(() -> {
                    if (mine != attempt) {
                        return;
                    }
                    try {
                        if (!done.isSuccess()) {
                            throw done.cause();
                        }
                        link.connected(
                                terms(protection, MutualTls.binding(tls.engine().getSession(), true)));
                    } catch (Throwable e) {
                        link.untrusted(timer.now(), Failure.ofTls(e));
                    }
                }));
    }

    private static Terms terms(Protection protection, String binding) {
        return new Terms(null, protection.secret(), protection.secretRequired(), binding, SharedSecret.nonce());
    }

    private Bootstrap bootstrap(InetAddress peer) {
        Bootstrap bootstrap = transport.client(transport.heartbeatLoops(), peer).clone(loop);
        InetAddress local = settings.localAddress();
        return local == null ? bootstrap : bootstrap.localAddress(new InetSocketAddress(local, 0));
    }

    @Override
    public void send(Packet packet) {
        Channel open = channel;
        if (open != null) {
            open.writeAndFlush(packet);
        }
    }

    @Override
    public boolean unacknowledged() {
        Channel open = channel;
        return open != null && SendQueue.unacknowledged(open);
    }

    @Override
    public long sinceArrival() {
        Channel open = channel;
        return open == null ? Long.MAX_VALUE : ReceiveQueue.nanosSinceArrival(open);
    }

    @Override
    public void disconnect() {
        attempt++;
        resolving = false;
        Channel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void probe(long budgetNanos) {
        InetAddress address = lastAddress;
        if (address == null) {
            throw new IllegalStateException("a probe before any connection to " + instance);
        }
        Probe.start(
                bootstrap(address),
                loop,
                new InetSocketAddress(address, instance.backendPort()),
                budgetNanos,
                (result, how) -> run(() -> probed(result, how)));
    }

    private void probed(Probe.Result result, String how) {
        boolean lacks = result == Probe.Result.NOT_ASKED;
        if (lacks && !lackTold) {
            log.log(Message.PROBE_NOT_SENT, instance, how);
        }
        lackTold = lacks;
        link.probed(result, how);
    }

    @Override
    public void up(Identity identity, Attributes attributes) {
        Attributes before = reportedAttributes;
        if (reported != LinkState.UP || before == null) {
            log.log(Message.LINK_ESTABLISHED, instance, attributes);
        } else if (!before.equals(attributes)) {
            log.log(Message.ATTRIBUTES_CHANGED, instance, before, attributes);
        }
        reported = LinkState.UP;
        reportedAttributes = attributes;
        reportedFailure = null;
        registry.up(instance.number(), identity, attributes);
    }

    @Override
    public void beat(Progress progress) {
        registry.beat(instance.number(), clock.instant(), progress);
    }

    @Override
    public void unmonitored(String why, Duration grace, boolean givenUp) {
        Message message = !grace.isZero()
                ? Message.WATCHDOG_RESTARTS
                : givenUp ? Message.GIVEN_UP_BY_WATCHDOG : Message.INSTANCE_UNMONITORED;
        log.log(message, instance, why);
        reported = LinkState.UNMONITORED;
        registry.unmonitored(instance.number(), why, grace);
    }

    @Override
    public void judged(
            VerdictRecord.Outcome outcome, Verdict verdict, String probe, @Nullable BeatFacts beats, String shadow) {
        history.add(new VerdictRecord(new VerdictSubject.Instance(instance), outcome, verdict, probe, beats, shadow));
    }

    @Override
    public void shadowAlarm(ShadowAlarm alarm) {
        long now = timer.now();
        if (now >= shadowSilentUntil) {
            shadowSilentUntil = now + SHADOW_SILENCE;
            log.log(
                    Message.SHADOW_ALARM,
                    alarm.detector(),
                    instance,
                    String.format(Locale.ROOT, "%.2f", alarm.early() / 1e9),
                    alarm.evidence());
        }
    }

    @Override
    public void detectorFailed(FailureDetector detector, Throwable failure) {
        String what = "failure detector " + detector.getClass().getName();
        log.log(LogMessage.of(Message.SUPERVISED_FAILURE, what, failure).withCause(failure));
    }

    @Override
    public void down(Verdict verdict) {
        if (reported == LinkState.UP || reported == LinkState.UNMONITORED) {
            log.log(Message.INSTANCE_DEAD, instance, verdict);
        } else if (!verdict.toString().equals(reportedFailure)) {
            // An attempt a second fails the same way for hours: said once.
            log.log(Message.LINK_FAILED, instance, verdict);
        }
        reported = LinkState.DOWN;
        reportedFailure = verdict.toString();
        registry.down(instance.number(), verdict);
    }

    /** Events of one channel; those of a channel that was given up are not the link's any more. */
    private final class ChannelEvents implements LinkHandler.Events {
        private final Channel own;

        ChannelEvents(Channel own) {
            this.own = own;
        }

        private boolean current() {
            return own.equals(channel);
        }

        @Override
        public void received(Packet packet) {
            if (current()) {
                run(() -> link.received(timer.now(), packet));
            }
        }

        @Override
        public void closed(String how) {
            if (current()) {
                channel = null;
                run(() -> link.closed(timer.now(), how));
            }
        }

        @Override
        public void unreachable(String how) {
            if (current()) {
                channel = null;
                run(() -> link.unreachable(timer.now(), how));
            }
        }

        @Override
        public void corrupted(String what) {
            if (current()) {
                run(() -> link.corrupted(timer.now(), what));
            }
        }

        @Override
        public void untrusted(String why) {
            if (current()) {
                run(() -> link.untrusted(timer.now(), why));
            }
        }
    }
}
