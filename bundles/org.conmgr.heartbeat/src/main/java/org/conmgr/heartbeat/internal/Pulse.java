package org.conmgr.heartbeat.internal;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.heartbeat.internal.Packet.Beat;
import org.jspecify.annotations.Nullable;

/**
 * The heart of an established link, the same at both ends: when the next beat is due, and when the peer has been
 * silent for too long. Pure: time comes in as an argument, in nanoseconds since any origin, never negative.
 *
 * <p><b>Pause-aware.</b> An expired deadline is not judged at once. First the socket is given the time to hand over
 * what it already holds: {@link #GRACE} when the timers fired in time; as long as this process stood still when one was
 * late (at most an interval, and {@link #STALL_GRACE}), since then the peer's beats may still be on their way through a
 * kernel that stood still as well. Then the kernel is asked when data last came: a thread can stand still at any point,
 * and between reading and judging too; and data waits for what was lost before it. That delays a verdict by another
 * timeout at most.
 *
 * <p>The deadline is {@code heartbeat_timeout} after anything last came, or earlier when a failure detector that acts
 * says so. One in shadow is told the same and never asked when to act.
 */
final class Pulse {
    /** Long enough for one turn of the event loop, small against any timeout. */
    static final long GRACE = TimeUnit.MILLISECONDS.toNanos(2);

    /** The most that a stall of our own delays a verdict. */
    static final long STALL_GRACE = TimeUnit.MILLISECONDS.toNanos(250);

    /** A timer later than this means that this process did not run. */
    static final long STALL = TimeUnit.MILLISECONDS.toNanos(20);

    /** How exactly the kernel tells when data came. */
    static final long GRAIN = TimeUnit.MILLISECONDS.toNanos(15);

    private static final long NONE = -1;

    private final long began;
    private final BiConsumer<FailureDetector, Throwable> failures;
    private Timing timing;
    private Detection detection;

    /** Null for the fixed timeout. */
    private @Nullable GuardedWatch acting;

    private @Nullable GuardedWatch shadow;
    private long shadowAlarms;
    private @Nullable ShadowAlarm shadowAlarm;
    private long nextBeat;
    private long lastReceipt;
    private long graceUntil = NONE;
    private long suspectedAt = NONE;
    private @Nullable Beat sent;
    private long sentAt;
    private @Nullable Beat heard;
    private long heardAt;
    private long stallSinceBeat;
    private long stallSinceReceipt;

    /** The last stall that was long enough to be given up for. */
    private long excuse;

    private long excuseAt = NONE;

    private final Nudge nudge = new Nudge();

    // One beat at a time is measured: the first that is sent after the last measurement.
    private long measured = NONE;
    private long measuredSentAt;
    private long roundTrip = NONE;

    /** Begins with the fixed timeout: the first beat is due at once. */
    Pulse(long now, Timing timing) {
        this(now, timing, Detection.FIXED, (detector, failure) -> {});
    }

    /** @param failures told when a detector fails */
    Pulse(long now, Timing timing, Detection detection, BiConsumer<FailureDetector, Throwable> failures) {
        this.failures = failures;
        this.detection = detection;
        this.timing = timing;
        began = now;
        nextBeat = now;
        lastReceipt = now;
        watch(now);
    }

    private void watch(long now) {
        FailureDetector acts = detection.acting();
        FailureDetector shadows = detection.shadow();
        acting = acts == null ? null : new GuardedWatch(acts, timing, now, failures);
        shadow = shadows == null ? null : new GuardedWatch(shadows, timing, now, failures);
    }

    /** Other detectors: the peer gets a whole timeout from now. */
    void detect(long now, Detection changed) {
        detection = changed;
        receipt(now);
        watch(now);
    }

    /** New settings: the peer gets a whole timeout from now. */
    void retime(long now, Timing changed) {
        timing = changed;
        nextBeat = Math.min(nextBeat, now + changed.interval());
        receipt(now);
        watch(now);
    }

    /** Anything but a beat came from the peer. */
    void heard(long now) {
        if (acting != null) {
            acting.heard(now);
        }
        if (shadow != null) {
            noteShadow(now, shadow);
            shadow.heard(now);
        }
        receipt(now);
    }

    private void receipt(long now) {
        lastReceipt = now;
        graceUntil = NONE;
        stallSinceReceipt = 0;
    }

    /** A beat came. */
    void heard(long now, Beat beat) {
        if (acting != null) {
            acting.beat(now, stallSinceReceipt);
        }
        if (shadow != null) {
            noteShadow(now, shadow);
            shadow.beat(now, stallSinceReceipt);
        }
        receipt(now);
        heard = beat;
        heardAt = now;
        if (measured != NONE && beat.lastHeard() >= measured) {
            if (beat.lastHeard() == measured && beat.heldMicros() >= 0) {
                roundTrip = Math.max(0, now - measuredSentAt - TimeUnit.MICROSECONDS.toNanos(beat.heldMicros()));
            }
            measured = NONE;
        }
    }

    /** Whether the one in shadow would have acted before this receipt; not when it would have been given more time. */
    private void noteShadow(long now, GuardedWatch watch) {
        long early = now - watch.deadline();
        if (early > GRACE && stallSinceReceipt == 0) {
            shadowAlarms++;
            shadowAlarm = new ShadowAlarm(watch.detector().name(), early, watch.evidence(now));
        }
    }

    /** What the detector in shadow would have done wrong since this was last asked; null when nothing. */
    @Nullable
    ShadowAlarm takeShadowAlarm() {
        ShadowAlarm alarm = shadowAlarm;
        shadowAlarm = null;
        return alarm;
    }

    /**
     * What the detector in shadow makes of it when the link ends now.
     *
     * @param timedOut whether it ends for silence; else it is no question of time
     * @return in words; empty when there is nothing to say
     */
    String shadowOpinion(long now, boolean timedOut) {
        GuardedWatch watch = shadow;
        if (watch == null || (!timedOut && shadowAlarms == 0)) {
            return "";
        }
        StringJoiner words = new StringJoiner("; ");
        String name = watch.detector().name();
        if (timedOut && watch.deadline() == Long.MAX_VALUE) {
            words.add(name + " has no opinion");
        } else if (timedOut) {
            double seconds = (now - watch.deadline()) / 1e9;
            words.add(
                    seconds >= 0
                            ? String.format(Locale.ROOT, "%s would have given up %.2f s earlier", name, seconds)
                            : String.format(Locale.ROOT, "%s would have waited another %.2f s", name, -seconds));
            words.add(watch.evidence(now));
        }
        if (shadowAlarms > 0) {
            words.add(name + " had been wrong " + shadowAlarms + (shadowAlarms == 1 ? " time" : " times")
                    + " on this link");
        }
        return words.toString();
    }

    /** From a beat of ours to the peer and back, without the time the peer held it; negative while not known. */
    long roundTripNanos() {
        return roundTrip;
    }

    long lastHeard() {
        return heard == null ? 0 : heard.sequence();
    }

    long lastReceipt() {
        return lastReceipt;
    }

    Timing timing() {
        return timing;
    }

    /** The timer that was set for {@code due} fired now. */
    void woke(long now, long due) {
        long late = now - due;
        noteExcuse(now, late);
        stallSinceBeat = Math.max(stallSinceBeat, late);
        if (late > STALL) {
            stallSinceReceipt = Math.max(stallSinceReceipt, late);
        }
    }

    /** Something happened, which may be before the timer gets to tell that it is late. */
    void noticed(long now) {
        noteExcuse(now, now - wakeAt());
    }

    private void noteExcuse(long now, long stall) {
        if (stall > STALL && stall >= timing.timeout() - timing.interval()) {
            excuse = stall;
            excuseAt = now;
        }
    }

    /** How long this process has just stood still, if long enough for the peer to give it up; else 0. */
    long excuse(long now) {
        return excuseAt == NONE || now - excuseAt > timing.interval() ? 0 : excuse;
    }

    /** When to look again. */
    long wakeAt() {
        return Math.min(Math.min(nextBeat, nudge.wakeAt()), graceUntil == NONE ? deadline() : graceUntil);
    }

    private long deadline() {
        long fixed = lastReceipt + timing.timeout();
        return acting == null ? fixed : Math.min(fixed, acting.deadline());
    }

    boolean beatDue(long now) {
        return now >= nextBeat;
    }

    /**
     * The beat that is due. The rate is fixed: the next one is due a whole number of intervals after this one was, so
     * a late beat does not move those behind it; beats that were missed altogether are not made up for.
     */
    Beat beat(long now, Progress progress) {
        long late = now - nextBeat;
        nextBeat += timing.interval() * (1 + late / timing.interval());
        nudge.beatSent(now, timing.interval(), roundTrip);
        return next(now, late, progress);
    }

    /**
     * More beats between two that are due, when the last one may be lost; else none. See {@link Nudge}.
     *
     * @param unacknowledged whether the peer's kernel has not acknowledged all that was sent
     */
    List<Beat> nudges(long now, BooleanSupplier unacknowledged, Progress progress) {
        if (!nudge.due(now)) {
            return List.of();
        }
        boolean lost = unacknowledged.getAsBoolean();
        nudge.looked(now, lost);
        return lost
                ? Stream.generate(() -> next(now, 0, progress))
                        .limit(Nudge.AT_ONCE)
                        .toList()
                : List.of();
    }

    private Beat next(long now, long late, Progress progress) {
        int held = heard == null ? -1 : micros(now - heardAt);
        long sequence = sent == null ? 1 : sent.sequence() + 1;
        Beat beat = new Beat(sequence, lastHeard(), micros(late), micros(stallSinceBeat), progress, held);
        sent = beat;
        sentAt = now;
        if (measured == NONE) {
            measured = sequence;
            measuredSentAt = now;
        }
        stallSinceBeat = 0;
        return beat;
    }

    /**
     * True when the peer has been silent for too long and nothing of its waits to be read.
     *
     * @param sinceArrival how long ago data last came for this connection, read or not, in nanoseconds, to {@link
     *     #GRAIN}; {@link Long#MAX_VALUE} when that is not known
     */
    boolean expired(long now, LongSupplier sinceArrival) {
        long deadline = deadline();
        if (now < deadline) {
            return false;
        }
        if (graceUntil == NONE) {
            suspectedAt = now;
            long stall = Math.max(stallSinceReceipt, now - deadline);
            long bounded = Math.min(Math.min(stall, timing.interval()), STALL_GRACE);
            graceUntil = now + (stall > STALL ? Math.max(GRACE, bounded) : GRACE);
            return false;
        }
        if (now < graceUntil) {
            return false;
        }
        long arrived = sinceArrival.getAsLong();
        if (arrived < timing.timeout() && arrived < now - lastReceipt - GRAIN && now - suspectedAt < timing.timeout()) {
            graceUntil = now + GRACE;
            return false;
        }
        return true;
    }

    /** {@code silent for 2.0 s; last beat #118; own stall 0 ms}. */
    String evidence(long now) {
        String silence = String.format(
                Locale.ROOT,
                "silent for %.2f s; last beat #%d; own stall %d ms",
                (now - lastReceipt) / 1e9,
                lastHeard(),
                TimeUnit.NANOSECONDS.toMillis(stallSinceReceipt));
        GuardedWatch judge = acting;
        return judge == null || now - lastReceipt >= timing.timeout() ? silence : silence + "; " + judge.evidence(now);
    }

    /** What is known now, which is {@code wall} by the clock on the wall. */
    BeatFacts facts(long now, Instant wall) {
        return new BeatFacts(
                wall.minusNanos(now - began),
                Duration.ofNanos(timing.interval()),
                Duration.ofNanos(timing.timeout()),
                Duration.ofNanos(now - lastReceipt),
                heard == null ? null : fact(heard, wall.minusNanos(now - heardAt)),
                sent == null ? null : fact(sent, wall.minusNanos(now - sentAt)),
                heard == null ? 0 : heard.lastHeard(),
                Duration.ofNanos(Math.max(stallSinceReceipt, excuse(now))));
    }

    private static BeatFacts.Beat fact(Beat beat, Instant at) {
        return new BeatFacts.Beat(
                beat.sequence(),
                at,
                Duration.of(beat.lateMicros(), ChronoUnit.MICROS),
                Duration.of(beat.stallMicros(), ChronoUnit.MICROS));
    }

    private static int micros(long nanos) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(0, nanos / 1000));
    }
}
