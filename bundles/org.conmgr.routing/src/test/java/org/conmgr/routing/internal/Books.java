package org.conmgr.routing.internal;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.conmgr.testkit.RecordingLog;
import org.conmgr.testkit.VirtualTime;

/** A switchboard under virtual time with what a test says about it in one word. */
final class Books {
    static final Identity IDENTITY = new Identity(7_000_000_000_000_000_001L, 170004);
    static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(2);

    final VirtualTime time = new VirtualTime();
    final RecordingLog log = new RecordingLog();
    final Map<Integer, List<Set<InetSocketAddress>>> sockets = new HashMap<>();
    final Switchboard board = new Switchboard(time.scheduler(), time::nanoTime, time.clock())
            .with(
                    log,
                    List.of(
                            new FewestConnectionsPolicy(),
                            new RoundRobinPolicy(),
                            new RandomPolicy(new Random(1)::nextInt)));

    private int logRead;

    Books() {
        board.heartbeatTimeout(HEARTBEAT_TIMEOUT);
        settings(FewestConnectionsPolicy.NAME, Duration.ZERO, Duration.ZERO);
    }

    static ConfiguredInstance instance(int number) {
        return new ConfiguredInstance(number, "db" + (number + 1), null, 5432, 27545);
    }

    static Attributes attributes(Role role, boolean readOnly, int timeline) {
        return new Attributes(InstanceState.ACCEPTING, role, readOnly, timeline);
    }

    static RouteRequest request(Target target) {
        return new RouteRequest(target, "test", 1, "direct", 0);
    }

    void add(int number) {
        List<Set<InetSocketAddress>> told = sockets.computeIfAbsent(number, n -> new ArrayList<>());
        board.add(instance(number), told::add);
    }

    /** The default settings, in which unsteady instances are held down and those that wait go at a pace. */
    Books defaults(Duration routeWait) {
        RoutingSettings now = RoutingSettings.DEFAULT;
        board.settings(new RoutingSettings(
                now.balancePolicy(),
                routeWait,
                now.maxLag(),
                now.routePace(),
                now.flapWindow(),
                now.holdDown(),
                now.maxHoldDown()));
        return this;
    }

    /** Adds as many instances, numbered from 0. */
    Books with(int count) {
        for (int number = 0; number < count; number++) {
            add(number);
        }
        return this;
    }

    void up(int number, Attributes attributes) {
        board.up(number, IDENTITY, attributes);
    }

    Books primary(int number, int timeline) {
        up(number, attributes(Role.PRIMARY, false, timeline));
        return this;
    }

    Books readOnlyPrimary(int number, int timeline) {
        up(number, attributes(Role.PRIMARY, true, timeline));
        return this;
    }

    Books standby(int number, int timeline) {
        up(number, attributes(Role.STANDBY, true, timeline));
        return this;
    }

    Books degraded(int number, Role role, int timeline) {
        up(number, attributes(role, false, timeline).in(InstanceState.DEGRADED));
        return this;
    }

    Books unmonitored(int number) {
        board.unmonitored(number, "watchdog gone", Duration.ZERO);
        return this;
    }

    Books restarting(int number, Duration grace) {
        board.unmonitored(number, "watchdog restarts", grace);
        return this;
    }

    Books down(int number) {
        board.down(number, verdict(VerdictReason.TIMED_OUT));
        return this;
    }

    Verdict verdict(VerdictReason reason) {
        return new Verdict(reason, "silent for 2.0 s", time.instant());
    }

    Books lag(int number, long millis) {
        return beat(number, 1, millis);
    }

    Books beat(int number, long lsn, long lagMillis) {
        board.beat(number, time.instant(), new Progress(lsn, lagMillis, 10));
        return this;
    }

    /** Nothing is held down, and those that wait go all at once. */
    Books settings(String policy, Duration routeWait, Duration maxLag) {
        board.settings(
                new RoutingSettings(policy, routeWait, maxLag, 0, Duration.ofMinutes(5), Duration.ZERO, Duration.ZERO));
        return this;
    }

    Books maxLag(int seconds) {
        return settings(FewestConnectionsPolicy.NAME, Duration.ZERO, Duration.ofSeconds(seconds));
    }

    Books routeWait(int seconds) {
        return settings(FewestConnectionsPolicy.NAME, Duration.ofSeconds(seconds), Duration.ZERO);
    }

    void advance(Duration span) {
        time.advance(span);
    }

    Client ask(Target target) {
        return ask(request(target), new Client());
    }

    Client ask(RouteRequest request, Client client) {
        client.session = board.ask(request, client);
        return client;
    }

    String refusal(Target target) {
        return ((Refusal) board.preview(request(target))).text();
    }

    InstanceStatus status(int number) {
        return board.instances().stream()
                .filter(status -> status.instance().number() == number)
                .findAny()
                .orElseThrow();
    }

    /** The ids and texts logged since the last call. */
    List<String> logged() {
        List<LogMessage> all = log.messages();
        List<String> lines = all.subList(logRead, all.size()).stream()
                .map(message -> message.message().id() + " " + message.text())
                .toList();
        logRead = all.size();
        return lines;
    }
}
