package org.conmgr.routing.internal;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.StringJoiner;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.routing.BalancePolicy.Candidate;
import org.conmgr.api.routing.InstanceRegistry.SessionsObserver;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Target;
import org.jspecify.annotations.Nullable;

/** An instance in the books: what is known of it and who is bound to it. Guarded by the lock of {@link Switchboard}. */
final class BookedInstance {
    final ConfiguredInstance configured;
    final SessionsObserver observer;
    final Set<BookedSession> sessions = new LinkedHashSet<>();

    /** See {@link Candidate#lastChosen}. */
    long lastChosen;

    /** True while a call of {@link #observer} is on its way. */
    boolean socketsDue;

    /** From when on, nanoseconds, it may be called again. */
    long socketsNotBefore;

    /** The judgement of {@link Primacy}, and when its present claim to be primary began; 0 when it has none. */
    Standing standing = Standing.FIT;

    long claimedAt;

    /** How many of those that waited for it may go there now. */
    final Pace pace = new Pace();

    private final Steadiness steadiness = new Steadiness();
    private @Nullable Instant heldUntil;
    private LinkState link = LinkState.CONNECTING;
    private Instant since;
    private @Nullable Instant lastBeat;
    private Identity identity = Identity.UNKNOWN;
    private @Nullable Attributes attributes;
    private Progress progress = Progress.UNKNOWN;
    private @Nullable Verdict verdict;
    private String unmonitoredWhy = "";
    private int timeline;
    private long heardNanos;
    private long reliedUntilNanos;
    /** Whether it has ever been up. */
    private boolean lived;
    /** False while the attributes are from before the last verdict, or there are none. */
    private boolean confirmed;

    BookedInstance(ConfiguredInstance configured, SessionsObserver observer, Instant now) {
        this.configured = configured;
        this.observer = observer;
        this.since = now;
    }

    /** Returns whether it is held down from now on. */
    boolean up(Identity who, Attributes facts, Instant now, long nanos, RoutingSettings settings) {
        boolean held = false;
        if (link == LinkState.DOWN && lived) {
            Duration hold = steadiness.returned(nanos, settings);
            held = !hold.isZero();
            heldUntil = held ? now.plus(hold) : null;
        }
        lived = true;
        if (link != LinkState.UP) {
            // Numbers from before do not hold for an instance that may have been restarted or rebuilt meanwhile.
            progress = Progress.UNKNOWN;
        }
        // A timeline that is not known for a moment must not make a primary look older than it is.
        boolean same = who.systemIdentifier() == identity.systemIdentifier();
        timeline = facts.timeline() > 0 || !same ? facts.timeline() : timeline;
        identity = who;
        attributes = facts;
        verdict = null;
        unmonitoredWhy = "";
        confirmed = true;
        heardNanos = nanos;
        enter(LinkState.UP, now);
        return held;
    }

    void beat(Instant at, Progress numbers, long nanos) {
        lastBeat = at;
        if (link == LinkState.UP) {
            progress = numbers;
            heardNanos = nanos;
        }
    }

    /** @param reliedUntil until when its facts do not age */
    void unmonitored(String why, Instant now, long reliedUntil) {
        verdict = null;
        reliedUntilNanos = reliedUntil;
        unmonitoredWhy = why;
        enter(LinkState.UNMONITORED, now);
    }

    /** @param facts attributes that came with the verdict; null when none did */
    void down(Verdict decision, @Nullable Attributes facts, Instant now, long nanos, RoutingSettings settings) {
        if (link == LinkState.UP || link == LinkState.UNMONITORED) {
            steadiness.died(nanos, settings);
            heldUntil = null;
        }
        if (facts != null) {
            attributes = facts;
        }
        verdict = decision;
        unmonitoredWhy = "";
        confirmed = false;
        enter(LinkState.DOWN, now);
    }

    private void enter(LinkState state, Instant now) {
        if (link != state) {
            link = state;
            since = now;
        }
    }

    /** Until when it is held down; null when it is not. */
    @Nullable
    Instant heldUntil() {
        return heldUntil;
    }

    /** See {@link Steadiness#flaps}. */
    int flaps() {
        return steadiness.flaps();
    }

    /** Ends the hold that ends at this time, and no other. */
    boolean release(Instant end) {
        boolean ends = end.equals(heldUntil);
        heldUntil = ends ? null : heldUntil;
        return ends;
    }

    LinkState link() {
        return link;
    }

    @Nullable
    Verdict verdict() {
        return verdict;
    }

    long systemIdentifier() {
        return identity.systemIdentifier();
    }

    int timeline() {
        return timeline;
    }

    Progress progress() {
        return progress;
    }

    /** The attributes while routing may rely on them: the link is up, or was when the watchdog went away. */
    @Nullable
    Attributes facts() {
        return confirmed ? attributes : null;
    }

    boolean claimsPrimary() {
        Attributes facts = facts();
        return facts != null && facts.role() == Role.PRIMARY;
    }

    /** Whether new sessions may be sent to it at all. */
    boolean offered() {
        Attributes facts = facts();
        return facts != null && facts.state() == InstanceState.ACCEPTING && standing instanceof Standing.Fit;
    }

    /**
     * Nanoseconds since its watchdog was last heard; 0 while the link is up, for a silent link is no longer up, and while
     * the watchdog restarts as planned.
     */
    long factsAge(long nanos) {
        boolean relied = link == LinkState.UNMONITORED && nanos - reliedUntilNanos < 0;
        return link == LinkState.UP || relied ? 0 : nanos - heardNanos;
    }

    /** Whether sessions that asked for this target may stay. */
    boolean keeps(Target target) {
        Attributes facts = facts();
        if (facts == null) {
            return true; // no sessions, or nothing said against them
        }
        if (standing instanceof Standing.Stranger) {
            return false;
        }
        boolean readOnly = facts.defaultTransactionReadOnly();
        boolean outdone = standing instanceof Standing.Outdone;
        return switch (target) {
            case ANY, PREFER_STANDBY, PREFER_PRIMARY, PREFER_READ_ONLY, PREFER_READ_WRITE -> true;
            case READ_WRITE -> facts.role() == Role.PRIMARY && !outdone && !readOnly;
            case PRIMARY -> facts.role() == Role.PRIMARY && !outdone;
            case READ_ONLY -> facts.role() == Role.STANDBY || (readOnly && !outdone);
            case STANDBY -> facts.role() == Role.STANDBY;
        };
    }

    /**
     * Why sessions would not have outlived what is known of it; null when they may have. Where it has never been up, that
     * its watchdog is not to be reached says nothing of it.
     */
    @Nullable
    Verdict death() {
        Verdict last = verdict;
        if (last == null || lived) {
            return last;
        }
        return switch (last.reason()) {
            case CONNECT_TIMED_OUT, HOST_UNREACHABLE, INSTANCE_STOPPED, INSTANCE_UNREACHABLE -> last;
            default -> null;
        };
    }

    /** Why sessions that it does not keep must go. */
    String fenceReason() {
        return standing instanceof Standing.Fit ? "it is now " + attributes : standing.note();
    }

    /** The clients' ends of the SQL connections that are known. */
    Set<InetSocketAddress> sqlSockets() {
        Set<InetSocketAddress> sockets = new HashSet<>();
        for (BookedSession session : sessions) {
            InetSocketAddress socket = session.status.sqlSocket();
            if (socket != null) {
                sockets.add(socket);
            }
        }
        return Collections.unmodifiableSet(sockets);
    }

    Candidate candidate() {
        Attributes facts = attributes;
        if (facts == null) {
            throw new IllegalStateException(configured + " is no candidate: nothing is known of it");
        }
        return new Candidate(configured.number(), sessions.size(), lastChosen, facts, progress);
    }

    InstanceStatus status() {
        return new InstanceStatus(
                configured, link, since, lastBeat, identity, attributes, progress, verdict, note(), sessions.size());
    }

    private String note() {
        StringJoiner note = new StringJoiner("; ");
        if (link == LinkState.UNMONITORED) {
            note.add(unmonitoredWhy);
        }
        Attributes facts = facts();
        if (facts == null) {
            return note.toString();
        }
        if (!(standing instanceof Standing.Fit)) {
            note.add("not offered: " + standing.note());
        }
        if (heldUntil != null) {
            note.add("held down until " + heldUntil.truncatedTo(ChronoUnit.MILLIS)
                    + ": deaths soon after it had come back: " + steadiness.flaps());
        }
        if (facts.state() != InstanceState.ACCEPTING) {
            note.add("takes no new connections");
        }
        return note.toString();
    }
}
