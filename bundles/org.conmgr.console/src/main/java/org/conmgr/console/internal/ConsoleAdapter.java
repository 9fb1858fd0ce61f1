package org.conmgr.console.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictView;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.setting.Reload;
import org.conmgr.console.internal.SettingsInForce.Setting;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.ListenerStatus;
import org.conmgr.listener.ListenerView;
import org.conmgr.listener.Throttle;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.ComponentServiceObjects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.component.propertytypes.ServiceRanking;

/**
 * Serves the database {@code conmgr}: to peers on this host without asking who they are, to others after {@link
 * Authentication}. Its ranking is above a gateway's, which takes any database.
 */
@Component(service = ApplicationAdapter.class, immediate = true)
@ServiceRanking(1_000)
public final class ConsoleAdapter implements ApplicationAdapter, AutoCloseable {
    static final String DATABASE = "conmgr";

    static final ErrorResponse NOT_FROM_ELSEWHERE = new ErrorResponse(
            "28000",
            "conmgr's console serves connections from its own host only",
            null,
            "Connect on the host of conmgr, to localhost, or set user and password in org.conmgr.console.");

    /** While there is no listener to be asked for it. */
    static final Duration AUTHENTICATION_TIMEOUT = Duration.ofSeconds(60);

    private static final long MAX_CLOSE_MS = 1_000;
    private static final int MAX_USER = 64;

    private final Commands commands;
    private final Throttle refusals = new Throttle(this::log, "Refused");
    final Holdings.Pool pool = new Holdings.Pool(Holdings.Pool.MAX);

    /** Open connections; one added after close is closed at once. */
    private final ChannelGroup channels = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);

    /** Not the service itself: the listener's own parts need this adapter before it. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable ComponentServiceObjects<ListenerView> listener;

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable Reload reload;

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable VerdictView verdicts;

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable ConsoleAccess access;

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable MessageLog log;

    @Activate
    public ConsoleAdapter(
            BundleContext context, @Reference RegistryView registry, @Reference SettingsInForce settings) {
        Instant now = Instant.now();
        commands = new Commands(
                new Views(
                        registry,
                        this::verdicts,
                        this::listenerStatus,
                        ProcessHandle.current().info().startInstant().orElse(now),
                        InstantSource.system()),
                settings::settings,
                this::reload,
                context.getBundle().getVersion().toString(),
                Greeting.parameters());
    }

    ConsoleAdapter(
            Views views,
            Supplier<List<Setting>> settings,
            Supplier<CompletionStage<Reload.Outcome>> reload,
            String version) {
        commands = new Commands(views, settings, reload, version, Greeting.parameters());
    }

    /** What the framework injects. */
    ConsoleAdapter with(ConsoleAccess users, MessageLog messages) {
        access = users;
        log = messages;
        return this;
    }

    private CompletionStage<Reload.Outcome> reload() {
        Reload now = reload;
        return now == null
                ? CompletableFuture.completedFuture(
                        Reload.Outcome.withErrors("conmgr.conf: nothing here reads it (is org.conmgr.config running?)"))
                : now.reload().thenApply(this::withWhatIsNotListenedOn);
    }

    /** By now the listener has heard of it. */
    private Reload.Outcome withWhatIsNotListenedOn(Reload.Outcome outcome) {
        List<String> remarks = new ArrayList<>(outcome.remarks());
        ask(ListenerView::missing).orElse(List.of()).forEach(text -> remarks.add("cannot listen on " + text));
        return new Reload.Outcome(outcome.errors(), remarks, outcome.changes());
    }

    private List<VerdictRecord> verdicts() {
        VerdictView view = verdicts;
        return view == null ? List.of() : view.verdicts();
    }

    private @Nullable ListenerStatus listenerStatus() {
        return ask(ListenerView::status).orElse(null);
    }

    private <T> Optional<T> ask(Function<ListenerView, T> question) {
        ComponentServiceObjects<ListenerView> now = listener;
        ListenerView view = now == null ? null : now.getService();
        if (now == null || view == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(question.apply(view));
        } finally {
            now.ungetService(view);
        }
    }

    @Override
    public boolean accepts(FirstPacket packet) {
        return packet instanceof FirstPacket.Startup startup
                && startup.database().equals(DATABASE);
    }

    @Override
    public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
        channels.add(channel);
        if (packet instanceof FirstPacket.Startup startup && admit(channel, startup)) {
            received.skipBytes(packet.length());
            if (received.isReadable()) {
                channel.pipeline().fireChannelRead(received);
                return;
            }
        }
        received.release();
    }

    private boolean admit(Channel channel, FirstPacket.Startup startup) {
        if (isLocal(channel)) {
            channel.pipeline()
                    .addLast(new FrontendDecoder(FrontendDecoder.MAX_LENGTH), new Conversation(commands, pool));
            channel.writeAndFlush(new Greeting(startup).welcome(channel.alloc().buffer()));
            return true;
        }
        ConsoleAccess now = access;
        Optional<ConsoleAccess.User> user = now == null ? Optional.empty() : now.user();
        if (user.isEmpty()) {
            LingeringClose.start(channel, NOT_FROM_ELSEWHERE.encode(channel.alloc()));
            return false;
        }
        authenticate(channel, startup, user.get());
        return true;
    }

    private void authenticate(Channel channel, FirstPacket.Startup startup, ConsoleAccess.User user) {
        ScramVerifier password = user.name().equals(startup.user())
                ? user.password()
                : user.password().mock(startup.user());
        Greeting greeting = new Greeting(startup);
        FrontendDecoder decoder = new FrontendDecoder(Authentication.MAX_LENGTH);
        Authentication authentication = new Authentication(
                startup.user(),
                password,
                ask(ListenerView::authenticationTimeout).orElse(AUTHENTICATION_TIMEOUT),
                () -> {
                    decoder.maxLength(FrontendDecoder.MAX_LENGTH);
                    channel.pipeline().replace(Authentication.class, null, new Conversation(commands, pool));
                    channel.writeAndFlush(greeting.welcome(channel.alloc().buffer()));
                },
                why -> refused(channel, startup.user(), why));
        channel.pipeline().addLast(decoder, authentication);
        channel.writeAndFlush(greeting.challenge(channel.alloc().buffer()));
    }

    private void refused(Channel channel, String user, String why) {
        String shown = user.length() <= MAX_USER ? user : user.substring(0, MAX_USER) + "...";
        refusals.add(
                channel.eventLoop(),
                LogMessage.of(
                        Message.CONSOLE_LOGIN_REFUSED,
                        shown.replaceAll("\\p{Cntrl}", "?"),
                        channel.remoteAddress() instanceof InetSocketAddress peer
                                ? NetUtil.toSocketAddressString(peer)
                                : "an unknown address",
                        why));
    }

    private void log(LogMessage message) {
        MessageLog now = log;
        if (now != null) {
            now.log(message);
        }
    }

    private static boolean isLocal(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress peer
                && peer.getAddress() != null
                && peer.getAddress().isLoopbackAddress();
    }

    /** Closes every connection; waits for it at most a second. */
    @Override
    @Deactivate
    public void close() {
        channels.close().awaitUninterruptibly(MAX_CLOSE_MS);
    }
}
