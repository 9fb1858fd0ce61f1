package org.conmgr.console.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictView;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.setting.Reload;
import org.conmgr.console.internal.SettingsInForce.Setting;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.ListenerStatus;
import org.conmgr.listener.ListenerView;
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
 * Serves the database {@code conmgr} to peers on this host, without asking who they are. Its ranking is above a
 * gateway's, which takes any database.
 */
@Component(service = ApplicationAdapter.class, immediate = true)
@ServiceRanking(1_000)
public final class ConsoleAdapter implements ApplicationAdapter, AutoCloseable {
    static final String DATABASE = "conmgr";

    static final ErrorResponse NOT_FROM_ELSEWHERE = new ErrorResponse(
            "28000",
            "conmgr's console serves connections from its own host only",
            null,
            "Connect on the host of conmgr, to localhost.");

    /**
     * Told at start-up, as PostgreSQL does. Drivers read a server of 12 or later from the version, and so leave out what
     * they send to older ones; a primary from the others.
     */
    private static final Map<String, String> REPORTED = reported();

    private static final long MAX_CLOSE_MS = 1_000;
    private static final int MINOR_VERSION = 0xFFFF;
    private static final String PROTOCOL_OPTION = "_pq_.";

    private final Commands commands;

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
                parameters());
    }

    ConsoleAdapter(
            Views views,
            Supplier<List<Setting>> settings,
            Supplier<CompletionStage<Reload.Outcome>> reload,
            String version) {
        commands = new Commands(views, settings, reload, version, parameters());
    }

    private CompletionStage<Reload.Outcome> reload() {
        Reload now = reload;
        return now == null
                ? CompletableFuture.completedFuture(
                        Reload.Outcome.withErrors("conmgr.conf: nothing here reads it (is org.conmgr.config running?)"))
                : now.reload();
    }

    private static Map<String, String> reported() {
        Map<String, String> reported = new LinkedHashMap<>();
        reported.put("server_version", "18.0 (conmgr)");
        reported.put("server_encoding", "UTF8");
        reported.put("client_encoding", "UTF8");
        reported.put("DateStyle", "ISO, MDY");
        reported.put("IntervalStyle", "postgres");
        reported.put("TimeZone", "UTC");
        reported.put("integer_datetimes", "on");
        reported.put("standard_conforming_strings", "on");
        reported.put("is_superuser", "off");
        reported.put("in_hot_standby", "off");
        reported.put("default_transaction_read_only", "off");
        return reported;
    }

    /** What SHOW says of a session: what was reported, and what drivers ask besides. */
    private static Map<String, String> parameters() {
        Map<String, String> parameters = REPORTED.entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().toLowerCase(Locale.ROOT), Map.Entry::getValue));
        parameters.put("transaction_read_only", "off");
        parameters.put("transaction_isolation", "read committed");
        parameters.put("default_transaction_isolation", "read committed");
        return Map.copyOf(parameters);
    }

    private List<VerdictRecord> verdicts() {
        VerdictView view = verdicts;
        return view == null ? List.of() : view.verdicts();
    }

    private @Nullable ListenerStatus listenerStatus() {
        ComponentServiceObjects<ListenerView> now = listener;
        ListenerView view = now == null ? null : now.getService();
        if (now == null || view == null) {
            return null;
        }
        try {
            return view.status();
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
        if (!isLocal(channel) || !(packet instanceof FirstPacket.Startup startup)) {
            received.release();
            LingeringClose.start(channel, NOT_FROM_ELSEWHERE.encode(channel.alloc()));
            return;
        }
        channel.pipeline().addLast(new FrontendDecoder(), new Conversation(commands));
        channel.writeAndFlush(welcome(channel, startup));
        received.skipBytes(packet.length());
        if (received.isReadable()) {
            channel.pipeline().fireChannelRead(received);
        } else {
            received.release();
        }
    }

    private static boolean isLocal(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress peer
                && peer.getAddress() != null
                && peer.getAddress().isLoopbackAddress();
    }

    private static ByteBuf welcome(Channel channel, FirstPacket.Startup startup) {
        Replies replies = new Replies(channel.alloc().buffer());
        List<String> options = startup.parameters().keySet().stream()
                .filter(name -> name.startsWith(PROTOCOL_OPTION))
                .toList();
        if ((startup.protocolVersion() & MINOR_VERSION) > 0 || !options.isEmpty()) {
            replies.negotiateProtocolVersion(options);
        }
        replies.authenticationOk();
        REPORTED.forEach(replies::parameterStatus);
        replies.parameterStatus("session_authorization", startup.user());
        replies.parameterStatus("application_name", startup.parameters().getOrDefault("application_name", ""));
        // No statement here takes long enough to be cancelled, so no key is remembered.
        replies.backendKeyData((int) ProcessHandle.current().pid(), 0);
        replies.readyForQuery(false);
        return replies.bytes();
    }

    /** Closes every connection; waits for it at most a second. */
    @Override
    @Deactivate
    public void close() {
        channels.close().awaitUninterruptibly(MAX_CLOSE_MS);
    }
}
