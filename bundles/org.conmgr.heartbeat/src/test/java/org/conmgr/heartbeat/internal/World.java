package org.conmgr.heartbeat.internal;

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

/** A world under virtual time: a conmgr, a watchdog, an instance and the wire between them. */
@NullUnmarked
final class World {
    static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    static final LinkSettings SETTINGS = new LinkSettings(
            Duration.ofMillis(200),
            Duration.ofMillis(600),
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            "c",
            null);

    private static final VerdictSubject SUBJECT =
            new VerdictSubject.Instance(new ConfiguredInstance(1, "db1", null, 5432, 27545));

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

    /** Conmgr's host cannot send a probe. */
    boolean exhausted;

    long stalledUntilConmgr;
    long stalledUntilWatchdog;
    long maxDelay = MS;
    /** Share of the packets that the network loses; TCP sends them again. */
    double loss;

    /** How many packets may be on their way at once: 10 at first, 2 after many losses. */
    int window = 10;

    /** Whether the kernel is asked what has come. */
    boolean asked = true;

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
     * One direction of a TCP connection that loses packets: what is lost is sent again after 200 ms, 400 ms, ..., or, with
     * fewer than four on their way, every 200 ms; or as soon as something sent behind it has arrived and the news of that
     * too; the last of several after 10 ms as well; nothing overtakes. No more than {@link #window} are on their way, and
     * after a loss one packet is sent for each that is known to have arrived, what was lost first.
     */
    final class Wire {
        private static final class Segment {
            Runnable delivery = () -> {};
            /** Of its last transmission; 0 while it waits to be sent at all. */
            int transmission;

            /** Of the segments sent at all, from 0. */
            int number;

            boolean arrived;
        }

        private final ArrayDeque<Segment> undelivered = new ArrayDeque<>();
        private final List<Segment> unacknowledged = new ArrayList<>();
        private int transmissions;
        private int sent;
        private int news;
        private boolean recovering;
        private int allowed;
        private long lastArrival;

        boolean unacknowledged() {
            return !unacknowledged.isEmpty();
        }

        /** How long ago something arrived that waits for what has not. */
        long sinceArrival() {
            return asked && undelivered.stream().anyMatch(segment -> segment.arrived)
                    ? now - lastArrival
                    : Long.MAX_VALUE;
        }

        void send(Runnable delivery) {
            Segment segment = new Segment();
            segment.delivery = delivery;
            undelivered.add(segment);
            unacknowledged.add(segment);
            sendAfter(0);
        }

        private boolean passes() {
            return !cut && random.nextDouble() >= loss;
        }

        private long onTheirWay() {
            return unacknowledged.stream()
                    .filter(segment -> segment.transmission > 0)
                    .count();
        }

        /** Sends what waits, and again what was sent before that transmission, as far as it may be. */
        private void sendAfter(int transmission) {
            for (Segment segment : unacknowledged) {
                if (segment.transmission < Math.max(1, transmission)
                        && (recovering ? allowed > 0 : onTheirWay() < window)) {
                    allowed--;
                    transmit(segment, 200 * MS);
                }
                allowed = Math.max(0, allowed);
            }
        }

        private void transmit(Segment segment, long again) {
            int mine = ++transmissions;
            int before = news;
            if (segment.transmission == 0) {
                segment.number = sent++;
            }
            segment.transmission = mine;
            if (passes()) {
                at(now + delay(), () -> arrive(segment, mine));
            }
            if (!recovering && onTheirWay() > 1) {
                at(now + 10 * MS, () -> {
                    if (news == before && transmissions == mine && unacknowledged.contains(segment)) {
                        transmissions++;
                        if (passes()) {
                            at(now + delay(), () -> arrive(segment, mine));
                        }
                    }
                });
            }
            at(now + again, () -> {
                if (segment.transmission == mine && unacknowledged.contains(segment)) {
                    recovering = true;
                    allowed = 0;
                    transmit(segment, sent - unacknowledged.get(0).number < 4 ? 200 * MS : 2 * again);
                }
            });
        }

        private void arrive(Segment segment, int transmission) {
            segment.arrived = true;
            lastArrival = now;
            if (passes()) {
                acknowledge(transmission);
            }
            while (!undelivered.isEmpty() && undelivered.peek().arrived) {
                undelivered.poll().delivery.run();
            }
        }

        /** The sender hears of all that has arrived, by the news of one transmission. */
        private void acknowledge(int transmission) {
            news++;
            int before = unacknowledged.size();
            unacknowledged.removeIf(segment -> segment.arrived);
            allowed += before - unacknowledged.size();
            boolean missing = unacknowledged.stream().anyMatch(segment -> segment.transmission > 0);
            if (missing && !recovering) {
                allowed = 1;
            }
            recovering = missing;
            sendAfter(transmission);
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
        public long sinceArrival() {
            return watchdog == null ? Long.MAX_VALUE : watchdog.toConmgr.sinceArrival();
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
            if (exhausted) {
                onConmgr(now + delay(), () -> link.probed(Probe.Result.NOT_ASKED, "was not asked"));
            } else if (cut) {
                onConmgr(now + budget, () -> link.probed(Probe.Result.NOT_ANSWERED, "no answer to the probe"));
            } else if (instanceDead) {
                onConmgr(now + delay(), () -> link.probed(Probe.Result.NOT_ANSWERED, "refused the probe"));
            } else {
                onConmgr(now + delay(), () -> link.probed(Probe.Result.ANSWERED, "answers"));
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
        public void unmonitored(String why, Duration grace, boolean givenUp) {
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
        public long sinceArrival() {
            return fromConmgr.sinceArrival();
        }

        @Override
        public void established(Peer peer) {
            log.add("established");
        }

        @Override
        public void lost(
                Peer peer,
                Verdict verdict,
                BeatFacts beats,
                WatchdogLink.Farewell farewell,
                Set<InetSocketAddress> sessions) {
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
