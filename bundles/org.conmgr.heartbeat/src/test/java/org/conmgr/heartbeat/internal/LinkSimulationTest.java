package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.conmgr.heartbeat.internal.security.SharedSecretTest;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both ends of a link under virtual time, over a network that delays, loses and cuts, with processes that stall and
 * die: the same state machines that run on event loops. Thousands of random schedules, each repeatable by its seed.
 */
@NullUnmarked
class LinkSimulationTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final LinkSettings SETTINGS = new LinkSettings(
            Duration.ofMillis(200),
            Duration.ofMillis(600),
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            "c",
            null);

    private static final VerdictSubject SUBJECT =
            new VerdictSubject.Instance(new ConfiguredInstance(1, "db1", null, 5432, 27545));

    /** One world: a conmgr, a watchdog, an instance and the wire between them. */
    private static final class World {
        private record Event(long at, long order, Runnable what) {}

        final Random random;
        final PriorityQueue<Event> events =
                new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
        long now;
        long orders;

        // Faults.
        boolean cut;
        boolean watchdogDead;
        boolean instanceDead;
        long stalledUntilConmgr;
        long stalledUntilWatchdog;
        long maxDelay = MS;
        /** Share of the packets that the network loses; TCP sends them again. */
        double loss;

        boolean nudged = true;
        InstantSource madClock;
        AttributeSet attributes = alive(Role.PRIMARY, 1);

        // In half of all worlds there is a shared secret.
        SharedSecret conmgrSecret;
        SharedSecret watchdogSecret;

        // What happened.
        final List<String> log = new ArrayList<>();
        LinkState seen = LinkState.CONNECTING;
        Verdict lastVerdict;
        Verdict watchdogVerdict;
        BeatFacts watchdogBeats;
        final List<VerdictRecord> records = new ArrayList<>();
        final List<ShadowAlarm> alarms = new ArrayList<>();
        long deadAt = -1;
        int beats;
        Attributes told;

        final ConmgrEnd conmgr = new ConmgrEnd();
        WatchdogEnd watchdog;
        int connection;

        World(long seed) {
            random = new Random(seed);
            if (seed % 2 == 0) {
                conmgrSecret = SharedSecretTest.SECRET;
                watchdogSecret = SharedSecretTest.SECRET;
            }
        }

        Terms terms(SharedSecret secret, String seed) {
            return new Terms(null, secret, secret != null, "", SharedSecretTest.nonce(seed));
        }

        void at(long when, Runnable what) {
            events.add(new Event(Math.max(when, now), orders++, what));
        }

        long delay() {
            return (long) (random.nextDouble() * maxDelay);
        }

        void run(long until) {
            while (!events.isEmpty() && events.peek().at <= until) {
                Event event = events.poll();
                now = event.at;
                event.what.run();
            }
            now = until;
        }

        static AttributeSet alive(Role role, int timeline) {
            return new AttributeSet(
                    new Identity(1, 170000), new Attributes(InstanceState.ACCEPTING, role, false, timeline), "");
        }

        InstantSource clock() {
            return () -> madClock == null ? Instant.EPOCH.plusNanos(now) : madClock.instant();
        }

        /** Runs at the conmgr, after its stall if it has one; what came first stays first. */
        void onConmgr(long when, Runnable what) {
            at(when, () -> {
                if (now < stalledUntilConmgr) {
                    onConmgr(stalledUntilConmgr, what);
                } else {
                    what.run();
                    conmgr.arm();
                }
            });
        }

        void onWatchdog(long when, WatchdogEnd end, Runnable what) {
            at(when, () -> {
                if (watchdogDead) {
                    return;
                }
                if (now < stalledUntilWatchdog) {
                    onWatchdog(stalledUntilWatchdog, end, what);
                } else {
                    what.run();
                    end.arm();
                }
            });
        }

        /**
         * One direction of a TCP connection that loses packets: what is lost is sent again after 200 ms, 400 ms, ..., or
         * as soon as something behind it has arrived and the news of that too; nothing overtakes.
         */
        final class Wire {
            private static final class Segment {
                Runnable delivery = () -> {};
                int sent;
                boolean arrived;
            }

            private final ArrayDeque<Segment> undelivered = new ArrayDeque<>();

            boolean unacknowledged() {
                return undelivered.stream().anyMatch(segment -> !segment.arrived);
            }

            void send(Runnable delivery) {
                Segment segment = new Segment();
                segment.delivery = delivery;
                undelivered.add(segment);
                transmit(segment, 200 * MS);
            }

            private boolean passes() {
                return !cut && random.nextDouble() >= loss;
            }

            private void transmit(Segment segment, long again) {
                int mine = ++segment.sent;
                if (passes()) {
                    at(now + delay(), () -> arrive(segment));
                }
                at(now + again, () -> {
                    if (!segment.arrived && segment.sent == mine) {
                        transmit(segment, 2 * again);
                    }
                });
            }

            private void arrive(Segment segment) {
                if (segment.arrived) {
                    return;
                }
                segment.arrived = true;
                if (passes()) {
                    for (Segment earlier : List.copyOf(undelivered)) {
                        if (earlier.equals(segment)) {
                            break;
                        }
                        if (!earlier.arrived) {
                            transmit(earlier, 200 * MS);
                        }
                    }
                }
                while (!undelivered.isEmpty() && undelivered.peek().arrived) {
                    undelivered.poll().delivery.run();
                }
            }
        }

        final class ConmgrEnd implements ConmgrLink.Outside {
            final ConmgrLink link = new ConmgrLink(this, new UUID(1, 1), SETTINGS, clock());
            long armed = Long.MAX_VALUE;
            long lastArrival;

            void arm() {
                long wake = link.wakeAt();
                if (wake < armed) {
                    armed = wake;
                    // Timers are never early and may be a little late.
                    onTimer(wake, wake);
                }
            }

            private void onTimer(long when, long due) {
                at(when, () -> {
                    if (due != armed) {
                        return;
                    }
                    if (now < stalledUntilConmgr) {
                        // Behind everything the socket held when the process stood still.
                        onTimer(stalledUntilConmgr, due);
                        return;
                    }
                    armed = Long.MAX_VALUE;
                    link.tick(now, due);
                    arm();
                });
            }

            @Override
            public void connect() {
                int mine = ++connection;
                if (cut) {
                    return; // SYNs vanish.
                }
                if (watchdogDead) {
                    onConmgr(now + delay(), () -> {
                        if (mine == connection) {
                            link.connectFailed(now, VerdictReason.REFUSED, "refused");
                        }
                    });
                    return;
                }
                at(now + delay(), () -> {
                    if (mine == connection && !cut && !watchdogDead) {
                        watchdog = new WatchdogEnd(mine);
                        onConmgr(now + delay(), () -> {
                            if (mine == connection) {
                                link.connected(terms(conmgrSecret, "c" + random.nextLong()));
                            }
                        });
                    }
                });
            }

            @Override
            public void send(Packet packet) {
                WatchdogEnd end = watchdog;
                if (cut || end == null || end.id != connection) {
                    return;
                }
                if (loss > 0) {
                    end.fromConmgr.send(() -> onWatchdog(now, end, () -> {
                        if (!end.closed) {
                            end.link.received(now, packet);
                        }
                    }));
                    return;
                }
                end.lastArrival = Math.max(end.lastArrival, now + delay());
                onWatchdog(end.lastArrival, end, () -> {
                    if (!end.closed) {
                        end.link.received(now, packet);
                    }
                });
            }

            @Override
            public boolean unacknowledged() {
                return nudged && watchdog != null && watchdog.fromConmgr.unacknowledged();
            }

            @Override
            public void disconnect() {
                WatchdogEnd end = watchdog;
                connection++;
                if (end != null && !cut) {
                    end.lastArrival = Math.max(end.lastArrival, now + delay());
                    onWatchdog(end.lastArrival, end, () -> {
                        if (!end.closed) {
                            end.closed = true;
                            end.link.closed(now, "connection closed");
                        }
                    });
                }
            }

            @Override
            public void probe(long budget) {
                if (cut) {
                    onConmgr(now + budget, () -> link.probed(false, "no answer to the probe"));
                } else {
                    boolean answers = !instanceDead;
                    onConmgr(now + delay(), () -> link.probed(answers, answers ? "answers" : "refused the probe"));
                }
            }

            @Override
            public void up(Identity identity, Attributes now) {
                seen = LinkState.UP;
                told = now;
                log.add("up");
            }

            @Override
            public void beat(Progress progress) {
                beats++;
            }

            @Override
            public void unmonitored(String why, Duration grace) {
                seen = LinkState.UNMONITORED;
                log.add("unmonitored: " + why);
            }

            @Override
            public void judged(Outcome outcome, Verdict verdict, String probe, BeatFacts beats, String shadow) {
                records.add(new VerdictRecord(SUBJECT, outcome, verdict, probe, beats, shadow));
            }

            @Override
            public void shadowAlarm(ShadowAlarm alarm) {
                alarms.add(alarm);
            }

            @Override
            public void detectorFailed(FailureDetector detector, Throwable failure) {
                throw new AssertionError(detector.name(), failure);
            }

            @Override
            public void down(Verdict verdict) {
                if (seen == LinkState.UP || seen == LinkState.UNMONITORED) {
                    deadAt = now;
                    lastVerdict = verdict;
                }
                seen = LinkState.DOWN;
                log.add("down: " + verdict);
            }
        }

        final class WatchdogEnd implements WatchdogLink.Outside {
            final int id;
            final Wire fromConmgr = new Wire();
            final Wire toConmgr = new Wire();
            final WatchdogLink link;
            boolean closed;
            long armed = Long.MAX_VALUE;
            long lastArrival;

            WatchdogEnd(int id) {
                this.id = id;
                link = new WatchdogLink(
                        this, new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), "w", clock(), now);
                arm();
            }

            void arm() {
                long wake = link.wakeAt();
                if (!closed && wake < armed) {
                    armed = wake;
                    onTimer(wake, wake);
                }
            }

            private void onTimer(long when, long due) {
                at(when, () -> {
                    if (due != armed || closed || watchdogDead) {
                        return;
                    }
                    if (now < stalledUntilWatchdog) {
                        onTimer(stalledUntilWatchdog, due);
                        return;
                    }
                    armed = Long.MAX_VALUE;
                    link.tick(now, due);
                    arm();
                });
            }

            @Override
            public Goodbye admit(Peer peer) {
                return null;
            }

            @Override
            public Terms terms() {
                return World.this.terms(watchdogSecret, "w" + random.nextLong());
            }

            @Override
            public AttributeSet attributes() {
                return attributes;
            }

            @Override
            public Progress progress() {
                return Progress.UNKNOWN;
            }

            private void toConmgr(Runnable what) {
                if (cut) {
                    return;
                }
                if (loss > 0) {
                    toConmgr.send(() -> onConmgr(now, () -> {
                        if (id == connection) {
                            what.run();
                        }
                    }));
                    return;
                }
                conmgr.lastArrival = Math.max(conmgr.lastArrival, now + delay());
                onConmgr(conmgr.lastArrival, () -> {
                    if (id == connection) {
                        what.run();
                    }
                });
            }

            @Override
            public void send(Packet packet) {
                toConmgr(() -> conmgr.link.received(now, packet));
            }

            @Override
            public void disconnect() {
                closed = true;
                toConmgr(() -> {
                    connection++;
                    conmgr.link.closed(now, "connection closed");
                });
            }

            @Override
            public boolean unacknowledged() {
                return nudged && toConmgr.unacknowledged();
            }

            @Override
            public void established(Peer peer) {
                log.add("established");
            }

            @Override
            public void lost(
                    Peer peer, Verdict verdict, BeatFacts beats, boolean restarting, Set<InetSocketAddress> sessions) {
                closed = true;
                watchdogBeats = beats;
                watchdogVerdict = verdict;
                log.add("lost: " + verdict);
            }

            @Override
            public void refused(String why) {
                log.add("refused: " + why);
            }
        }

        void start() {
            onConmgr(0, () -> conmgr.link.start(now));
        }

        /** The watchdog process dies: its kernel says so, unless the wire is cut. */
        void killWatchdog() {
            WatchdogEnd end = watchdog;
            if (end != null && !end.closed) {
                end.toConmgr(() -> {
                    connection++;
                    conmgr.link.closed(now, "connection closed");
                });
                end.closed = true;
            }
            watchdogDead = true;
        }
    }

    private static World up(long seed) {
        World world = new World(seed);
        world.start();
        world.run(2000 * MS + world.random.nextInt(500) * MS);
        assertThat(world.seen).isEqualTo(LinkState.UP);
        return world;
    }

    @Test
    void silenceCostsAtMostTheTimeoutAndNeverLess() {
        for (long seed = 0; seed < 2000; seed++) {
            World world = up(seed);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            long took = (world.deadAt - cutAt) / MS;
            // U(timeout - interval, timeout), a delay on the wire and one grace.
            assertThat(took).as("seed %d, %s", seed, world.log).isBetween(399L, 604L);
            assertThat(world.lastVerdict.reason()).isEqualTo(VerdictReason.TIMED_OUT);
            assertThat(world.watchdogVerdict.reason()).isEqualTo(VerdictReason.TIMED_OUT);
        }
    }

    /** Whatever happens, every end of an instance's life is on record, once, with the beats of the link that ended. */
    @Test
    void everyVerdictLeavesARecord() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            assertThat(world.records).as("seed %d, %s", seed, world.log).hasSize(1);
            VerdictRecord record = world.records.get(0);
            assertThat(record.outcome()).isEqualTo(Outcome.DEAD);
            assertThat(record.verdict()).isEqualTo(world.lastVerdict);
            BeatFacts beats = record.beats();
            assertThat(beats.silence()).isBetween(Duration.ofMillis(600), Duration.ofMillis(604));
            assertThat(beats.ownStall()).isZero();
            // What was sent before the cut arrived: each end says the same of the last beat, give or take the wire.
            assertThat(beats.heard().at()).isBefore(Instant.EPOCH.plusNanos(cutAt + 2 * MS));
            assertThat(beats.sent().sequence())
                    .isGreaterThan(world.watchdogBeats.heard().sequence());
            assertThat(world.watchdogBeats.sent().sequence())
                    .isGreaterThan(beats.heard().sequence());
            assertThat(beats.confirmed())
                    .isBetween(
                            world.watchdogBeats.heard().sequence() - 1,
                            world.watchdogBeats.heard().sequence());
            assertThat(beats.established()).isBefore(Instant.EPOCH.plus(Duration.ofMillis(100)));

            world.cut = false;
            world.run(world.now + 3000 * MS);
            world.killWatchdog();
            world.run(world.now + 3000 * MS);
            world.instanceDead = true;
            world.run(world.now + 3000 * MS);
            assertThat(world.records)
                    .as("seed %d, %s", seed, world.log)
                    .extracting(VerdictRecord::outcome)
                    .containsExactly(Outcome.DEAD, Outcome.UNMONITORED, Outcome.DEAD);
            assertThat(world.records.get(1).probe()).isEqualTo("answers");
            assertThat(world.records.get(1).beats().heard().sequence()).isPositive();
            assertThat(world.records.get(2).probe()).isEqualTo("refused the probe");
            assertThat(world.records.get(2).beats()).isNull();
        }
    }

    /** A detector that gives up after half the timeout, acting: it does, and conmgr says what it went by. */
    @Test
    void anActingDetectorDecidesEarlier() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.conmgr.link.detection(world.now, new Detection(new HalfTimeout(), new FixedTimeout()));
            world.run(world.now + 1000 * MS);
            assertThat(world.seen).isEqualTo(LinkState.UP);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            assertThat((world.deadAt - cutAt) / MS)
                    .as("seed %d, %s", seed, world.log)
                    .isBetween(99L, 304L);
            assertThat(world.lastVerdict.evidence())
                    .startsWith("silent for 0.30 s")
                    .endsWith("; half of 600 ms");
            assertThat(world.records.get(0).shadow())
                    .isEqualTo("fixed would have waited another 0.30 s; heartbeat_timeout 600 ms");
        }
    }

    /** The same in shadow, over a wire that makes it wrong: it is counted, and nothing happens. */
    @Test
    void aDetectorInShadowOnlyTells() {
        int alarms = 0;
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.conmgr.link.detection(world.now, new Detection(null, new HalfTimeout()));
            world.maxDelay = 300 * MS;
            world.run(world.now + 20_000 * MS);
            assertThat(world.log).as("seed %d", seed).containsExactlyInAnyOrder("up", "established");
            alarms += world.alarms.size();
            assertThat(world.alarms).allSatisfy(alarm -> {
                assertThat(alarm.detector()).isEqualTo("half");
                assertThat(alarm.early()).isBetween(2 * MS, 200 * MS);
            });
            world.cut = true;
            world.run(world.now + 3000 * MS);
            assertThat(world.records.get(0).shadow())
                    .startsWith("half would have given up 0.3")
                    .contains(world.alarms.size() + (world.alarms.size() == 1 ? " time" : " times"));
        }
        assertThat(alarms).isGreaterThan(300);
    }

    @Test
    void noVerdictWhileBeatsArriveInTime() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            // Beats are 200 ms apart and up to 300 ms late: 500 ms between two at the worst.
            world.maxDelay = 300 * MS;
            world.run(world.now + 60_000 * MS);
            assertThat(world.beats).isBetween(295, 315);
            assertThat(world.log).as("seed %d", seed).containsExactlyInAnyOrder("up", "established");
        }
    }

    @Test
    void ownStallsShorterThanThePeersTimeoutCostNothing() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            for (int i = 0; i < 20; i++) {
                long stall = world.random.nextInt(350) * MS;
                if (world.random.nextBoolean()) {
                    world.stalledUntilConmgr = world.now + stall;
                } else {
                    world.stalledUntilWatchdog = world.now + stall;
                }
                world.run(world.now + stall + world.random.nextInt(1000) * MS + 450 * MS);
            }
            assertThat(world.log).as("seed %d", seed).containsExactlyInAnyOrder("up", "established");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {700, 1500, 5000})
    void aConmgrThatStalledForLongDoesNotDeclareTheInstanceDeadForIt(int stallMillis) {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.stalledUntilConmgr = world.now + stallMillis * MS;
            world.run(world.now + (stallMillis + 5000) * MS);
            assertThat(world.watchdogVerdict.reason()).isEqualTo(VerdictReason.TIMED_OUT);
            assertThat(world.deadAt).as("seed %d, %s", seed, world.log).isEqualTo(-1);
            assertThat(world.seen).isEqualTo(LinkState.UP);
        }
    }

    @Test
    void aWatchdogThatDiesAloneCostsNoSession() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            world.killWatchdog();
            world.run(world.now + 2000 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UNMONITORED);
            assertThat(world.deadAt).isEqualTo(-1);
            world.watchdogDead = false;
            world.run(world.now + 1000 * MS);
            assertThat(world.seen).isEqualTo(LinkState.UP);
        }
    }

    @Test
    void aWatchdogThatRestartsCostsNoSessionAndIsBackSoon() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            AttributeSet before = world.attributes;
            world.watchdog.link.stop(new Goodbye(Goodbye.Reason.RESTART, "watchdog restarts"));
            world.watchdogDead = true;
            world.run(world.now + 10 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UNMONITORED);
            world.run(world.now + world.random.nextInt(1500) * MS);
            // It comes back before it has reached its instance, of which it may know before the probe does.
            world.attributes = AttributeSet.NOT_YET;
            world.watchdogDead = false;
            world.maxDelay = 40 * MS;
            World.WatchdogEnd old = world.watchdog;
            while (world.watchdog == old
                    || world.log.stream().filter("established"::equals).count() < 2) {
                world.run(world.now + 5 * MS);
            }
            world.run(world.now + world.random.nextInt(80) * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UNMONITORED);
            world.attributes = before;
            world.watchdog.link.attributesChanged();
            world.run(world.now + 100 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UP);
            assertThat(world.log).as("seed %d", seed).noneMatch(line -> line.startsWith("down"));
        }
    }

    @Test
    void aHostThatDiesWhileItsWatchdogRestartsIsFound() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            world.watchdog.link.stop(new Goodbye(Goodbye.Reason.RESTART, "watchdog restarts"));
            world.watchdogDead = true;
            world.run(world.now + world.random.nextInt(3000) * MS + 10 * MS);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.DOWN);
            assertThat((world.deadAt - cutAt) / MS)
                    .as("seed %d: the next attempt and its probe", seed)
                    .isLessThan(1500);
        }
    }

    @Test
    void aHostWhoseProcessesDieIsKnownAtOnce() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            long killedAt = world.now;
            world.instanceDead = true;
            world.killWatchdog();
            world.run(world.now + 2000 * MS);
            assertThat(world.deadAt - killedAt)
                    .as("seed %d, %s", seed, world.log)
                    .isBetween(0L, 10 * MS);
            assertThat(world.lastVerdict.reason()).isEqualTo(VerdictReason.CLOSED_BY_PEER);
        }
    }

    @Test
    void anUnmonitoredInstanceThatFallsSilentIsFound() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.killWatchdog();
            world.run(world.now + 2000 * MS);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 5000 * MS);
            assertThat(world.deadAt - cutAt).as("seed %d, %s", seed, world.log).isBetween(0L, 1000 * MS);
        }
    }

    @Test
    void everyChangeOfAttributesArrives() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            for (int timeline = 2; timeline < 30; timeline++) {
                world.attributes = World.alive(world.random.nextBoolean() ? Role.PRIMARY : Role.STANDBY, timeline);
                World.WatchdogEnd end = world.watchdog;
                world.onWatchdog(world.now, end, () -> end.link.attributesChanged());
                long changedAt = world.now;
                world.run(changedAt + 3 * MS);
                assertThat(world.told).as("seed %d", seed).isEqualTo(world.attributes.attributes());
            }
        }
    }

    @Test
    void lostPacketsCostNoVerdictAndNoNotification() {
        for (long seed = 0; seed < 200; seed++) {
            World world = up(seed);
            world.loss = 0.05;
            for (int timeline = 2; timeline < 30; timeline++) {
                world.attributes = World.alive(world.random.nextBoolean() ? Role.PRIMARY : Role.STANDBY, timeline);
                World.WatchdogEnd end = world.watchdog;
                world.onWatchdog(world.now, end, () -> end.link.attributesChanged());
                world.run(world.now + 2000 * MS);
                assertThat(world.told).as("seed %d", seed).isEqualTo(world.attributes.attributes());
            }
            assertThat(world.log)
                    .as("seed %d", seed)
                    .doesNotContain("lost")
                    .allMatch(line -> line.equals("up") || line.equals("established"));
        }
    }

    /** What {@link Nudge} is for: the same network without it. */
    @Test
    void lostPacketsAreTakenForADeadPeerWithoutNudges() {
        int verdicts = 0;
        for (long seed = 0; seed < 200; seed++) {
            World world = up(seed);
            world.nudged = false;
            world.loss = 0.05;
            world.run(world.now + 60_000 * MS);
            verdicts += world.deadAt < 0 ? 0 : 1;
        }
        assertThat(verdicts).isPositive();
    }

    @Test
    void nothingIsDecidedByTheWallClock() {
        for (long seed = 0; seed < 300; seed++) {
            List<List<String>> logs = new ArrayList<>();
            for (boolean mad : new boolean[] {false, true}) {
                World world = new World(seed);
                Random clock = new Random(seed);
                world.madClock = mad ? () -> Instant.ofEpochSecond(clock.nextInt()) : null;
                world.start();
                world.run(3000 * MS);
                world.stalledUntilConmgr = world.now + 900 * MS;
                world.run(world.now + 5000 * MS);
                world.cut = true;
                world.run(world.now + 3000 * MS);
                world.cut = false;
                world.run(world.now + 3000 * MS);
                logs.add(world.log);
            }
            assertThat(logs.get(1)).as("seed %d", seed).isEqualTo(logs.get(0));
        }
    }

    /** Any mixture of faults; when all is well again both ends agree again, and silence was never overlooked. */
    @Test
    void bothEndsAgreeAgainAfterAnyFaults() {
        for (long seed = 0; seed < 3000; seed++) {
            World world = up(seed);
            for (int i = 0; i < 8; i++) {
                switch (world.random.nextInt(7)) {
                    case 6 -> world.loss = world.loss > 0 ? 0 : 0.1;
                    case 0 -> world.cut = true;
                    case 1 -> world.cut = false;
                    case 2 -> world.stalledUntilConmgr = world.now + world.random.nextInt(2000) * MS;
                    case 3 -> world.stalledUntilWatchdog = world.now + world.random.nextInt(2000) * MS;
                    case 4 -> world.killWatchdog();
                    default -> world.watchdogDead = false;
                }
                world.run(world.now + world.random.nextInt(1500) * MS);
                if (world.cut && world.now > world.stalledUntilConmgr) {
                    long silentSince = world.now;
                    world.run(world.now + 2500 * MS + Math.max(0, world.stalledUntilConmgr - world.now));
                    assertThat(world.seen)
                            .as("seed %d: silent since %d ms, %s", seed, silentSince / MS, world.log)
                            .isEqualTo(LinkState.DOWN);
                }
            }
            world.cut = false;
            world.loss = 0;
            world.watchdogDead = false;
            world.run(Math.max(world.now, Math.max(world.stalledUntilConmgr, world.stalledUntilWatchdog)) + 5000 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UP);
            assertThat(world.watchdog.closed).as("seed %d, %s", seed, world.log).isFalse();
        }
    }
}
