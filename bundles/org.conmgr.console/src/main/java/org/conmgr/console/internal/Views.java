package org.conmgr.console.internal;

import io.netty.util.NetUtil;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.listener.ListenerStatus;
import org.jspecify.annotations.Nullable;

/** What the registry and the listener know, as tables. Column names are stable: scripts use them. */
final class Views {
    /** One line of {@code SHOW STATS}. */
    record Stat(String name, @Nullable Object value) {}

    private final RegistryView registry;
    private final Supplier<List<VerdictRecord>> verdicts;
    private final Supplier<@Nullable ListenerStatus> listener;
    private final Instant started;
    private final InstantSource clock;

    /**
     * @param verdicts newest first
     * @param listener null while nothing listens
     * @param started when conmgr was started
     */
    Views(
            RegistryView registry,
            Supplier<List<VerdictRecord>> verdicts,
            Supplier<@Nullable ListenerStatus> listener,
            Instant started,
            InstantSource clock) {
        this.registry = registry;
        this.verdicts = verdicts;
        this.listener = listener;
        this.started = started;
        this.clock = clock;
    }

    Table<InstanceStatus> instances() {
        return new Table<>(registry::instances)
                .with("instance", status -> status.instance().number())
                .with("host", status -> status.instance().host())
                .with("hostaddr", status -> address(status.instance().hostaddr()))
                .with("port", status -> status.instance().backendPort())
                .with("watchdog_port", status -> status.instance().watchdogPort())
                .with(
                        "role",
                        status -> of(
                                status.attributes(),
                                attributes -> attributes.role().word()))
                .with(
                        "read_only",
                        status -> of(
                                status.attributes(),
                                attributes -> attributes.defaultTransactionReadOnly() ? "on" : "off"))
                .with(
                        "state",
                        status -> of(
                                status.attributes(),
                                attributes -> attributes.state().word()))
                .with("link", status -> status.link().word())
                .with("since", InstanceStatus::since)
                .with("last_beat", InstanceStatus::lastBeat)
                .with("timeline", status -> of(status.attributes(), attributes -> positive(attributes.timeline())))
                .with("server_version", status -> notEmpty(status.identity().versionText()))
                .with("lsn", status -> notEmpty(status.progress().lsnText()))
                .with("replay_lag_ms", status -> notNegative(status.progress().replayLagMillis()))
                .with("free_slots", status -> notNegative(status.progress().freeSlots()))
                .with("application_connections", InstanceStatus::applicationConnections)
                .with("reason", status -> notEmpty(status.reason()));
    }

    Table<InstanceStatus> links() {
        return new Table<>(registry::instances)
                .with("instance", status -> status.instance().number())
                .with("watchdog_host", status -> status.instance().connectHost())
                .with("watchdog_port", status -> status.instance().watchdogPort())
                .with("link", status -> status.link().word())
                .with("since", InstanceStatus::since)
                .with("last_beat", InstanceStatus::lastBeat)
                .with("silent_ms", status -> silent(status.lastBeat()))
                .with(
                        "verdict",
                        status ->
                                of(status.verdict(), verdict -> verdict.reason().words()))
                .with("evidence", status -> of(status.verdict(), Verdict::evidence))
                .with("verdict_at", status -> of(status.verdict(), Verdict::at))
                .with("note", status -> notEmpty(status.note()));
    }

    Table<VerdictRecord> verdicts() {
        return new Table<>(verdicts)
                .with("at", record -> record.verdict().at())
                .with(
                        "instance",
                        record -> record.subject() instanceof VerdictSubject.Instance judged
                                ? judged.instance().number()
                                : null)
                .with(
                        "watchdog",
                        record -> record.subject() instanceof VerdictSubject.Conmgr lost ? lost.watchdog() : null)
                .with("conmgr", record -> record.subject() instanceof VerdictSubject.Conmgr lost ? lost.name() : null)
                .with("outcome", record -> record.outcome().words())
                .with("reason", record -> record.verdict().reason().words())
                .with("evidence", record -> notEmpty(record.verdict().evidence()))
                .with("probe", record -> notEmpty(record.probe()))
                .with("silence_ms", record -> of(record.beats(), beats -> millis(beats.silence())))
                .with("heard", record -> of(record.beats(), beats -> of(beats.heard(), BeatFacts.Beat::sequence)))
                .with("heard_at", record -> of(record.beats(), beats -> of(beats.heard(), BeatFacts.Beat::at)))
                .with("sent", record -> of(record.beats(), beats -> of(beats.sent(), BeatFacts.Beat::sequence)))
                .with("confirmed", record -> of(record.beats(), BeatFacts::confirmed))
                .with("own_stall_ms", record -> of(record.beats(), beats -> millis(beats.ownStall())))
                .with("shadow", record -> notEmpty(record.shadow()))
                .with("explanation", VerdictRecord::toString);
    }

    Table<ApplicationStatus> applications() {
        return new Table<>(registry::applications)
                .with("id", ApplicationStatus::id)
                .with("application", status -> status.request().application())
                .with("pid", status -> positive(status.request().pid()))
                .with("path", status -> status.request().path())
                .with("target", status -> status.request().target().word())
                .with("instance", status -> notNegative(status.instance()))
                .with("since", ApplicationStatus::since)
                .with("sql_address", status -> socket(status.sqlSocket()));
    }

    Table<Stat> stats() {
        return new Table<>(this::collect).with("name", Stat::name).with("value", Stat::value);
    }

    private List<Stat> collect() {
        List<Stat> stats = new ArrayList<>();
        List<InstanceStatus> instances = registry.instances();
        stats.add(new Stat("started", started));
        stats.add(
                new Stat("uptime_s", Duration.between(started, clock.instant()).toSeconds()));
        stats.add(new Stat("instances", instances.size()));
        for (LinkState state : LinkState.values()) {
            stats.add(new Stat(
                    "instances_" + state.word(),
                    instances.stream().filter(status -> status.link() == state).count()));
        }
        List<ApplicationStatus> applications = registry.applications();
        stats.add(new Stat("application_connections", applications.size()));
        stats.add(new Stat(
                "application_connections_waiting",
                applications.stream().filter(status -> status.instance() < 0).count()));
        ListenerStatus listening = listener.get();
        if (listening != null) {
            stats.add(new Stat("listen_addresses", String.join(", ", listening.addresses())));
            stats.add(new Stat("max_connections", listening.maxConnections()));
            stats.add(new Stat("connections_open", listening.open()));
            stats.add(new Stat("connections_accepted", listening.accepted()));
            stats.add(new Stat("connections_too_many", listening.tooMany()));
            stats.add(new Stat("connections_invalid", listening.invalid()));
            stats.add(new Stat("connections_timed_out", listening.timedOut()));
        }
        return stats;
    }

    private static <T> @Nullable Object of(@Nullable T thing, Table.Fact<T> fact) {
        return thing == null ? null : fact.of(thing);
    }

    private @Nullable Long silent(@Nullable Instant lastBeat) {
        return lastBeat == null
                ? null
                : Math.max(0, Duration.between(lastBeat, clock.instant()).toMillis());
    }

    private static BigDecimal millis(Duration time) {
        return BigDecimal.valueOf(time.toNanos() / 1000, 3);
    }

    private static @Nullable String notEmpty(String text) {
        return text.isEmpty() ? null : text;
    }

    private static @Nullable Long positive(long number) {
        return number > 0 ? number : null;
    }

    private static @Nullable Long notNegative(long number) {
        return number >= 0 ? number : null;
    }

    private static @Nullable String address(@Nullable InetAddress address) {
        return address == null ? null : NetUtil.toAddressString(address);
    }

    private static @Nullable String socket(@Nullable InetSocketAddress socket) {
        return socket == null ? null : NetUtil.toSocketAddressString(socket);
    }
}
