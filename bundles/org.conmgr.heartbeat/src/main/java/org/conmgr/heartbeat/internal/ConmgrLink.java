package org.conmgr.heartbeat.internal;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Beat;
import org.conmgr.heartbeat.internal.Packet.Challenge;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.Packet.Proof;
import org.conmgr.heartbeat.internal.Packet.Welcome;
import org.jspecify.annotations.Nullable;

/**
 * conmgr's end of the link to one instance, as a pure state machine: events and the time come in as method calls,
 * decisions go out through {@link Outside}. Deterministic, no threads, no I/O: the same code runs on an event loop and
 * under virtual time.
 *
 * <p>Two states are kept, because an instance may be known while its link is being made anew.
 *
 * <pre>
 * the link (phase)                                       the instance (standing)
 *
 *            start
 *              |                                          CONNECTING  never reached yet
 *              v        connect_timeout, refused,              |
 *  +----> CONNECTING ------- Goodbye, EOF -----+               | Welcome, alive
 *  |           |                               |               v
 *  |           | Welcome                       |     +-------> UP ------------+----------------+
 *  |           v                               |     |         |              | timed out,     |
 *  |          UP ---- timed out, EOF, ---------+     | Welcome | EOF or       | instance       |
 *  |           |      Goodbye                  |     |         | Goodbye, and | stopped,       |
 *  |           | stop                          v     |         | the probe    | unreachable;   |
 *  |           v                            WAITING  |         | is answered  | EOF or Goodbye |
 *  |        STOPPED  <------- stop ------------+     |         v              | and the probe  |
 *  |                                           |     +--- UNMONITORED ------+ | is not         |
 *  +-- connect_interval after the last start --+     |      probe not       | | answered       |
 *                                                    |      answered any    v v                |
 *                                                    |      more          DOWN <---------------+
 *                                                    +----- Welcome --------+
 * </pre>
 *
 * <p>Evidence before time: an EOF, a reset, an ICMP unreachable or a Goodbye is followed at once by one probe of {@code
 * backend_port}, which tells a dead watchdog from a dead host. Only silence costs {@code heartbeat_timeout}. While the instance is
 * unmonitored every failed attempt to reach its watchdog probes again. A probe that could not be sent, for a lack of
 * this host's own, is none: the instance stands, unmonitored.
 *
 * <p>With a shared secret, a Welcome counts only behind the watchdog's Proof: one that says it needs none is none of
 * ours.
 */
final class ConmgrLink {
    /** What the link decides; called synchronously, must not call back into the link. */
    interface Outside {
        /** Resolve and connect; answer with {@link #connected} or {@link #connectFailed}. */
        void connect();

        /** Whether the host's name is being resolved. */
        default boolean resolving() {
            return false;
        }

        void send(Packet packet);

        /** Whether the peer's kernel has not acknowledged all that was sent; false when that cannot be known. */
        default boolean unacknowledged() {
            return false;
        }

        /** How many nanoseconds ago data last came from the peer, read or not; the greatest long when not known. */
        default long sinceArrival() {
            return Long.MAX_VALUE;
        }

        /** Close the connection, or give up connecting; no {@link #closed} is expected for it. */
        void disconnect();

        /** Probe backend_port; answer with {@link #probed}. */
        void probe(long budgetNanos);

        /** The instance is alive and watched, with these attributes. */
        void up(Identity identity, Attributes attributes);

        void beat(Progress progress);

        /**
         * The instance is alive, not watched.
         *
         * @param grace how long that is as planned: its watchdog restarts; zero when it is not
         * @param givenUp its watchdog lives, but had not heard from this conmgr in time
         */
        void unmonitored(String why, Duration grace, boolean givenUp);

        /**
         * An instance that was up, or unmonitored, has been judged; comes before {@link #unmonitored} or {@link
         * #down}.
         *
         * @param probe what the probe found; empty when there was none
         * @param beats of the link that ended; null when there was none
         * @param shadow what the failure detector in shadow makes of it; empty for nothing
         */
        void judged(Outcome outcome, Verdict verdict, String probe, @Nullable BeatFacts beats, String shadow);

        /** The failure detector in shadow would have been wrong. */
        void shadowAlarm(ShadowAlarm alarm);

        /** A failure detector has failed; the fixed timeout stands in for it. */
        void detectorFailed(FailureDetector detector, Throwable failure);

        /** The instance is dead, or was never reached. */
        void down(Verdict verdict);
    }

    private enum Phase {
        WAITING,
        CONNECTING,
        UP,
        STOPPED
    }

    private static final long NEVER = Long.MAX_VALUE;

    /** After the first attempt to reach a watchdog that restarts; doubled from one to the next. */
    private static final long FIRST_RETRY = TimeUnit.MILLISECONDS.toNanos(50);

    private final Outside outside;
    private final UUID conmgrId;
    private final InstantSource clock;
    private final SessionReport sessions = new SessionReport();

    private LinkSettings settings;
    private Phase phase = Phase.STOPPED;
    private LinkState standing = LinkState.CONNECTING;
    private long attemptStarted;
    private long retryAt = NEVER;

    // While a watchdog restarts: until when it may take its time, and how soon to try again.
    private long restartUntil = Long.MIN_VALUE;
    private long retryDelay;
    private @Nullable Pulse pulse;

    /** Of the connection that is there or being made. */
    private SecretExchange exchange = new SecretExchange(Terms.NONE);

    /** As sent on this connection. */
    private @Nullable Hello greeting;

    /** As the watchdog's last Welcome had it. */
    private int watchdogMinor;

    /** Set while a probe is out: what to say if it is not answered. */
    private @Nullable Verdict suspicion;

    /** Whether the last link ended because the watchdog had not heard from us in time. */
    private boolean givenUp;

    /** Of the link that ended last, until they are told. */
    private @Nullable BeatFacts lastBeats;

    private String lastShadow = "";
    private Detection detection = Detection.FIXED;

    ConmgrLink(Outside outside, UUID conmgrId, LinkSettings settings, InstantSource clock) {
        this.outside = outside;
        this.conmgrId = conmgrId;
        this.settings = settings;
        this.clock = clock;
    }

    LinkState standing() {
        return standing;
    }

    /** When {@link #tick} must be called at the latest; {@link Long#MAX_VALUE} for never. */
    long wakeAt() {
        return switch (phase) {
            case WAITING -> retryAt;
            case CONNECTING -> attemptStarted + settings.connectTimeout().toNanos();
            case UP -> live().wakeAt();
            case STOPPED -> NEVER;
        };
    }

    void start(long now) {
        attempt(now);
    }

    /** Says Goodbye and ends for good. */
    void stop(Goodbye.Reason reason, String text) {
        if (phase == Phase.UP || phase == Phase.CONNECTING) {
            leave(Goodbye.toWatchdog(watchdogMinor, reason, text));
        }
        phase = Phase.STOPPED;
        suspicion = null;
    }

    /** New settings. An established link stays: the peer is told by another Hello. */
    void settings(long now, LinkSettings changed) {
        settings = changed;
        if (phase == Phase.UP) {
            live().retime(now, changed.timing());
            outside.send(hello());
        } else if (phase == Phase.WAITING) {
            retryAt =
                    Math.min(retryAt, attemptStarted + changed.connectInterval().toNanos());
        }
    }

    /** Other failure detectors. An established link stays; the peer gets a whole timeout from now. */
    void detection(long now, Detection changed) {
        if (!changed.equals(detection)) {
            detection = changed;
            if (phase == Phase.UP) {
                live().detect(now, changed);
            }
        }
    }

    /** The SQL connections bound to the instance now. */
    void sessions(Set<InetSocketAddress> now) {
        sessions.bound(now);
        if (phase == Phase.UP) {
            sessions.changes().forEach(outside::send);
        }
    }

    /** The TCP connection (and TLS) stands. */
    void connected(Terms agreed) {
        if (phase == Phase.CONNECTING) {
            exchange = new SecretExchange(agreed);
            Hello first = hello();
            greeting = first;
            outside.send(first);
        }
    }

    /**
     * What is demanded of watchdogs has changed: makes anew a link, or an attempt at one, that does not meet it. It
     * costs no session.
     *
     * @param objection why the connection that is there would not be made now; null if it would
     */
    void termsChanged(long now, Terms changed, @Nullable String objection) {
        String why = objection == null && changed.secretRequired() && !exchange.proven()
                ? "the shared secret is now required"
                : objection;
        if (why == null) {
            return;
        }
        if (phase == Phase.CONNECTING) {
            object(why);
            attempt(now);
        } else if (phase == Phase.UP) {
            object(why);
            lost(now, VerdictReason.UNAUTHENTICATED, why);
        }
    }

    void connectFailed(long now, VerdictReason reason, String evidence) {
        if (phase == Phase.CONNECTING) {
            failed(now, reason, evidence);
        }
    }

    /** The connection ended, not by us. */
    void closed(long now, String how) {
        if (phase == Phase.CONNECTING) {
            failed(now, VerdictReason.CLOSED_BY_PEER, how + " before its Welcome");
        } else if (phase == Phase.UP) {
            live().noticed(now);
            givenUp = live().excuse(now) > 0;
            lost(now, VerdictReason.CLOSED_BY_PEER, excused(now, how + " without a Goodbye"));
        }
    }

    /** The network says that there is no way to the watchdog's host; the connection is gone. */
    void unreachable(long now, String how) {
        if (phase == Phase.CONNECTING) {
            failed(now, VerdictReason.HOST_UNREACHABLE, how);
        } else if (phase == Phase.UP) {
            lost(now, VerdictReason.HOST_UNREACHABLE, how);
        }
    }

    /**
     * What came cannot be read: this is no watchdog, or a broken one. The connection is closed; conmgr will be back, and
     * a watchdog that understands it ends no session meanwhile.
     */
    void corrupted(long now, String what) {
        Goodbye words = new Goodbye(Goodbye.Reason.RESTART, VerdictReason.PROTOCOL_ERROR.words() + ": " + what);
        if (phase == Phase.CONNECTING) {
            leave(words);
            failed(now, VerdictReason.PROTOCOL_ERROR, what);
        } else if (phase == Phase.UP) {
            leave(words);
            lost(now, VerdictReason.PROTOCOL_ERROR, what);
        }
    }

    /** There is no TLS session with the watchdog, or none any more. */
    void untrusted(long now, String why) {
        if (phase == Phase.CONNECTING) {
            outside.disconnect();
            failed(now, VerdictReason.UNAUTHENTICATED, why);
        } else {
            corrupted(now, why);
        }
    }

    /**
     * Ends the connection. From the Hello on it may be a link to the watchdog, which has not to take its end for conmgr's
     * death, though the Welcome is still on the way, or the Hello not read yet.
     */
    private void leave(Goodbye words) {
        if (greeting != null) {
            outside.send(words);
        }
        outside.disconnect();
    }

    /** Ends a connection that does not meet what conmgr demands. */
    private void object(String why) {
        leave(Goodbye.toWatchdog(watchdogMinor, Goodbye.Reason.UNAUTHENTICATED, why));
    }

    /** The other end takes this for a link; it is none. */
    private void distrust(long now, String why) {
        object(why);
        failed(now, VerdictReason.UNAUTHENTICATED, why);
    }

    void received(long now, Packet packet) {
        if (phase == Phase.CONNECTING) {
            receivedWhileConnecting(now, packet);
        } else if (phase == Phase.UP) {
            receivedWhileUp(now, packet);
        }
    }

    private void receivedWhileConnecting(long now, Packet packet) {
        if (packet instanceof Welcome welcome) {
            if (welcome.major() != Packet.MAJOR) {
                corrupted(now, "the watchdog speaks protocol " + welcome.major() + " (expected: " + Packet.MAJOR + ")");
                return;
            }
            watchdogMinor = welcome.minor();
            if (!exchange.complete()) {
                distrust(now, "the watchdog has not proved that it has the shared secret");
                return;
            }
            phase = Phase.UP;
            givenUp = false;
            pulse = new Pulse(now, settings.timing(), detection, outside::detectorFailed);
            suspicion = null;
            beat(now);
            if (!hello().equals(greeting)) {
                outside.send(hello()); // The settings have changed since the first one.
            }
            sessions.whole().forEach(outside::send);
            apply(now, welcome.set());
        } else if (packet instanceof Challenge challenge) {
            challenged(now, challenge);
        } else if (packet instanceof Proof proof) {
            proof(now, proof);
        } else if (packet instanceof Goodbye goodbye) {
            outside.disconnect();
            failed(now, reasonOf(goodbye), goodbye.text());
        } else if (!(packet instanceof Packet.Unknown)) {
            corrupted(now, packet.getClass().getSimpleName() + " before the Welcome");
        }
    }

    private void challenged(long now, Challenge challenge) {
        Proof ours = exchange.answer(greeting, challenge);
        if (ours == null) {
            corrupted(now, "a Challenge that was not asked for");
        } else {
            outside.send(ours);
        }
    }

    private void proof(long now, Proof proof) {
        if (!exchange.awaitsProof()) {
            corrupted(now, "a Proof that was not asked for");
        } else if (!exchange.verify(proof)) {
            distrust(now, "the watchdog does not have this conmgr's shared secret");
        }
    }

    private void receivedWhileUp(long now, Packet packet) {
        live().noticed(now);
        if (packet instanceof Beat beat) {
            live().heard(now, beat);
            noteShadow();
            outside.beat(beat.progress());
        } else {
            live().heard(now);
            noteShadow();
            if (packet instanceof AttributeSet set) {
                apply(now, set);
            } else if (packet instanceof Welcome welcome) {
                apply(now, welcome.set());
            } else if (packet instanceof Goodbye goodbye) {
                outside.disconnect();
                if (goodbye.reason() == Goodbye.Reason.RESTART) {
                    restarts(now, goodbye.text());
                } else {
                    givenUp = goodbye.reason() == Goodbye.Reason.TIMED_OUT;
                    lost(now, reasonOf(goodbye), givenUp ? excused(now, goodbye.evidence()) : goodbye.evidence());
                }
            } else if (!(packet instanceof Packet.Unknown)) {
                corrupted(now, packet.getClass().getSimpleName() + " from a watchdog");
            }
        }
    }

    /** What is told of a link that this process has lost by standing still. */
    private String excused(long now, String evidence) {
        long stall = live().excuse(now);
        return stall > 0 ? "own stall " + TimeUnit.NANOSECONDS.toMillis(stall) + " ms; " + evidence : evidence;
    }

    private void noteShadow() {
        ShadowAlarm alarm = live().takeShadowAlarm();
        if (alarm != null) {
            outside.shadowAlarm(alarm);
        }
    }

    /** Time has come. {@code due} is what {@link #wakeAt} had said. */
    void tick(long now, long due) {
        switch (phase) {
            case WAITING -> {
                if (now >= retryAt) {
                    attempt(now);
                }
            }
            case CONNECTING -> {
                if (now >= wakeAt()) {
                    boolean nameless = outside.resolving();
                    String missing = "no " + (nameless ? "answer" : "Welcome") + " within "
                            + settings.connectTimeout().toMillis() + " ms";
                    leave(new Goodbye(Goodbye.Reason.RESTART, missing));
                    failed(now, nameless ? VerdictReason.NAME_NOT_RESOLVED : VerdictReason.CONNECT_TIMED_OUT, missing);
                }
            }
            case UP -> {
                Pulse live = live();
                live.woke(now, due);
                if (live.beatDue(now)) {
                    beat(now);
                }
                live.nudges(now, outside::unacknowledged, Progress.UNKNOWN).forEach(outside::send);
                if (live.expired(now, outside::sinceArrival)) {
                    leave(new Goodbye(Goodbye.Reason.TIMED_OUT, live.evidence(now)));
                    lost(now, VerdictReason.TIMED_OUT, live.evidence(now));
                }
            }
            case STOPPED -> {}
        }
    }

    /**
     * The probe is over.
     *
     * @param result whether PostgreSQL answered it
     * @param how {@code 192.0.2.1:5432 refused the probe}
     */
    void probed(Probe.Result result, String how) {
        Verdict suspected = suspicion;
        if (suspected == null || phase == Phase.STOPPED) {
            return; // The watchdog came back, or said more, before the probe did.
        }
        suspicion = null;
        if (result != Probe.Result.NOT_ANSWERED) {
            // One that could not be sent tells nothing: the next attempt to reach the watchdog brings another.
            if (standing != LinkState.UNMONITORED) {
                standing = LinkState.UNMONITORED;
                outside.judged(Outcome.UNMONITORED, suspected, how, takeBeats(), lastShadow);
                String what = givenUp ? "its watchdog gave this conmgr up (" : "its watchdog is gone (";
                String but = result == Probe.Result.ANSWERED ? "), but " : "), and ";
                outside.unmonitored(what + suspected + but + how, Duration.ZERO, givenUp);
            }
        } else {
            down(suspected.reason(), suspected.evidence() + "; " + how, how);
        }
    }

    private void attempt(long now) {
        phase = Phase.CONNECTING;
        attemptStarted = now;
        greeting = null;
        if (standing == LinkState.UNMONITORED) {
            // Nobody else watches it: a host that dies now must not last as long as an attempt to connect.
            suspect(VerdictReason.CLOSED_BY_PEER, "its watchdog has been gone for a while");
        }
        outside.connect();
    }

    /** An attempt to reach the watchdog has failed. */
    private void failed(long now, VerdictReason reason, String evidence) {
        await(now);
        if (standing == LinkState.UNMONITORED) {
            suspect(reason, evidence);
        } else if (suspicion == null) {
            // With a probe out the instance still stands; its answer decides.
            down(reason, evidence, "");
        }
    }

    /** The watchdog has said that it will be back at once. Until then its instance is taken to be as it was. */
    private void restarts(long now, String text) {
        Duration grace = settings.restartGrace();
        restartUntil = now + grace.toNanos();
        retryDelay = 0;
        if (standing != LinkState.UP || grace.isZero()) {
            lost(now, VerdictReason.SHUT_DOWN_BY_PEER, text);
            return;
        }
        noteBeats(now, false);
        pulse = null;
        await(now);
        standing = LinkState.UNMONITORED;
        Verdict verdict = new Verdict(VerdictReason.SHUT_DOWN_BY_PEER, text, clock.instant());
        outside.judged(Outcome.UNMONITORED, verdict, "", takeBeats(), lastShadow);
        outside.unmonitored(text, grace, false);
    }

    /** An established link has ended. */
    private void lost(long now, VerdictReason reason, String evidence) {
        noteBeats(now, reason == VerdictReason.TIMED_OUT);
        pulse = null;
        await(now);
        switch (standing) {
            case UP -> {
                switch (reason) {
                    case TIMED_OUT, INSTANCE_STOPPED -> down(reason, evidence, "");
                    default -> suspect(reason, evidence);
                }
            }
            // The watchdog that has restarted went before it had reached its instance.
            case UNMONITORED -> suspect(reason, evidence);
            // It was declared dead before, by its own watchdog.
            default -> lastBeats = null;
        }
    }

    private void suspect(VerdictReason reason, String evidence) {
        if (suspicion == null) {
            suspicion = new Verdict(reason, evidence, clock.instant());
            outside.probe(settings.timeout().toNanos());
        }
    }

    private void await(long now) {
        phase = Phase.WAITING;
        long interval = settings.connectInterval().toNanos();
        if (now < restartUntil) {
            retryAt = now + retryDelay;
            retryDelay = Math.min(Math.max(FIRST_RETRY, 2 * retryDelay), interval);
        } else {
            retryAt = Math.max(now, attemptStarted + interval);
        }
    }

    private void apply(long now, AttributeSet set) {
        InstanceState state = set.attributes().state();
        if (state.alive()) {
            standing = LinkState.UP;
            suspicion = null; // Of the watchdog while it had not reached its instance.
            restartUntil = Long.MIN_VALUE;
            outside.up(set.identity(), set.attributes());
        } else if (standing == LinkState.UNMONITORED
                && state == InstanceState.UNREACHABLE
                && set.identity().equals(Identity.UNKNOWN)) {
            // A watchdog that has just started and never reached its instance knows less than a probe does.
            suspect(VerdictReason.INSTANCE_UNREACHABLE, set.why());
        } else {
            noteBeats(now, false);
            down(
                    state == InstanceState.STOPPED
                            ? VerdictReason.INSTANCE_STOPPED
                            : VerdictReason.INSTANCE_UNREACHABLE,
                    set.why(),
                    "");
        }
    }

    private void down(VerdictReason reason, String evidence, String probe) {
        Verdict verdict = new Verdict(reason, evidence, clock.instant());
        BeatFacts beats = takeBeats();
        if (standing == LinkState.UP || standing == LinkState.UNMONITORED) {
            outside.judged(Outcome.DEAD, verdict, probe, beats, beats == null ? "" : lastShadow);
        }
        standing = LinkState.DOWN;
        outside.down(verdict);
    }

    private void noteBeats(long now, boolean timedOut) {
        lastBeats = live().facts(now, clock.instant());
        lastShadow = live().shadowOpinion(now, timedOut);
    }

    private @Nullable BeatFacts takeBeats() {
        BeatFacts beats = lastBeats;
        lastBeats = null;
        return beats;
    }

    private void beat(long now) {
        outside.send(live().beat(now, Progress.UNKNOWN));
    }

    private Hello hello() {
        return new Hello(
                Packet.MAJOR,
                Packet.MINOR,
                conmgrId,
                (int) settings.interval().toMillis(),
                (int) settings.timeout().toMillis(),
                settings.name(),
                exchange.options());
    }

    private static VerdictReason reasonOf(Goodbye goodbye) {
        return switch (goodbye.reason()) {
            case SHUTDOWN, RESTART, UNWATCHED -> VerdictReason.SHUT_DOWN_BY_PEER;
            case INSTANCE_STOPPED -> VerdictReason.INSTANCE_STOPPED;
            case TOO_MANY_CONNECTIONS, REFUSED -> VerdictReason.REFUSED;
            case PROTOCOL_ERROR -> VerdictReason.PROTOCOL_ERROR;
            case UNAUTHENTICATED -> VerdictReason.UNAUTHENTICATED;
            case TIMED_OUT -> VerdictReason.CLOSED_BY_PEER;
        };
    }

    private Pulse live() {
        Pulse live = pulse;
        if (live == null) {
            throw new IllegalStateException("no established link in phase " + phase);
        }
        return live;
    }
}
