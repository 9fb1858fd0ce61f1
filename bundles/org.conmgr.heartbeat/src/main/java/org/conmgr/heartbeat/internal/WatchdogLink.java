package org.conmgr.heartbeat.internal;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.heartbeat.LinkStatus;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Beat;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.Packet.Sessions;
import org.conmgr.heartbeat.internal.Packet.Welcome;
import org.jspecify.annotations.Nullable;

/**
 * The watchdog's end of one link, as a pure state machine like {@link ConmgrLink}.
 *
 * <pre>
 *  accepted --> AWAITING_HELLO --- Hello, admitted ---> UP ---+-- timed out, EOF, Goodbye --> CLOSED
 *                     |                                       |
 *                     +-- HELLO_TIMEOUT, EOF, another version, refused --> CLOSED
 * </pre>
 *
 * <p>Only a link that was up is ever reported as lost: a stranger cannot cause a termination.
 */
final class WatchdogLink {
    /** What the link decides; called synchronously, must not call back into the link. */
    interface Outside {
        /**
         * Whether a conmgr may have a link.
         *
         * @return null to admit it, else the Goodbye to refuse it with
         */
        @Nullable
        Goodbye admit(Peer peer);

        /** What the instance is now. */
        AttributeSet attributes();

        /** Numbers for a beat. */
        Progress progress();

        void send(Packet packet);

        /** Whether the peer's kernel has not acknowledged all that was sent; false when that cannot be known. */
        default boolean unacknowledged() {
            return false;
        }

        /** Close the connection; no {@link #closed} is expected for it. */
        void disconnect();

        void established(Peer peer);

        /** An established link has ended. */
        void lost(Peer peer, Verdict verdict, BeatFacts beats, boolean restarting, Set<InetSocketAddress> sessions);

        /** A connection that never became a link has ended. */
        void refused(String why);
    }

    /** How long a connection may last without a Hello. */
    static final Duration HELLO_TIMEOUT = Duration.ofSeconds(10);

    /** More sessions than any instance has connections: a peer that sends more is broken. */
    private static final int MAX_SESSIONS = 100_000;

    private static final int MIN_MILLIS = 1;

    private enum Phase {
        AWAITING_HELLO,
        UP,
        CLOSED
    }

    private final Outside outside;
    private final InetSocketAddress remote;
    private final InstantSource clock;
    private final String name;
    private final long helloDeadline;
    private final Set<InetSocketAddress> sessions = new LinkedHashSet<>();

    private Phase phase = Phase.AWAITING_HELLO;
    private @Nullable Pulse pulse;
    private @Nullable Peer peer;
    private Instant since = Instant.EPOCH;
    private AttributeSet told = AttributeSet.NOT_YET;

    /**
     * @param name the watchdog's name
     * @param now when the connection was accepted
     */
    WatchdogLink(Outside outside, InetSocketAddress remote, String name, InstantSource clock, long now) {
        this.outside = outside;
        this.remote = remote;
        this.name = name;
        this.clock = clock;
        helloDeadline = now + HELLO_TIMEOUT.toNanos();
    }

    /** When {@link #tick} must be called at the latest; {@link Long#MAX_VALUE} for never. */
    long wakeAt() {
        return switch (phase) {
            case AWAITING_HELLO -> helloDeadline;
            case UP -> live().wakeAt();
            case CLOSED -> Long.MAX_VALUE;
        };
    }

    void received(long now, Packet packet) {
        if (packet instanceof Hello hello && phase != Phase.CLOSED) {
            hello(now, hello);
        } else if (phase == Phase.AWAITING_HELLO) {
            if (!(packet instanceof Packet.Unknown)) {
                refuse(
                        now,
                        new Goodbye(
                                Goodbye.Reason.PROTOCOL_ERROR,
                                packet.getClass().getSimpleName() + " before the Hello"));
            }
        } else if (phase == Phase.UP) {
            receivedWhileUp(now, packet);
        }
    }

    private void hello(long now, Hello hello) {
        if (hello.major() != Packet.MAJOR) {
            refuse(
                    now,
                    new Goodbye(
                            Goodbye.Reason.PROTOCOL_ERROR,
                            "conmgr speaks heartbeat protocol " + hello.major() + ", this watchdog speaks "
                                    + Packet.MAJOR));
            return;
        }
        if (hello.intervalMillis() < MIN_MILLIS || hello.timeoutMillis() < MIN_MILLIS) {
            refuse(
                    now,
                    new Goodbye(
                            Goodbye.Reason.PROTOCOL_ERROR,
                            "heartbeat_interval " + hello.intervalMillis() + " ms, heartbeat_timeout "
                                    + hello.timeoutMillis() + " ms (expected: at least 1 ms each)"));
            return;
        }
        Duration interval = Duration.ofMillis(hello.intervalMillis());
        Duration timeout = Duration.ofMillis(hello.timeoutMillis());
        Peer greeted = new Peer(hello.id(), hello.name(), remote, interval, timeout);
        if (phase == Phase.UP) {
            peer = greeted;
            live().retime(now, Timing.of(interval, timeout));
            welcome();
            return;
        }
        Goodbye refusal = outside.admit(greeted);
        if (refusal != null) {
            refuse(now, refusal);
            return;
        }
        phase = Phase.UP;
        peer = greeted;
        since = clock.instant();
        pulse = new Pulse(now, Timing.of(interval, timeout));
        welcome();
        beat(now);
        outside.established(greeted);
    }

    private void welcome() {
        told = outside.attributes();
        outside.send(new Welcome(Packet.MAJOR, Packet.MINOR, told, remote, Map.of("name", name)));
    }

    private void receivedWhileUp(long now, Packet packet) {
        if (packet instanceof Beat beat) {
            live().heard(now, beat);
            return;
        }
        live().heard(now);
        if (packet instanceof Sessions changed) {
            switch (changed.change()) {
                case FORGET_ALL -> sessions.clear();
                case ADD -> sessions.addAll(changed.sockets());
                case REMOVE -> changed.sockets().forEach(sessions::remove);
            }
            if (sessions.size() > MAX_SESSIONS) {
                corrupted(now, sessions.size() + " sessions (expected: at most " + MAX_SESSIONS + ")");
            }
        } else if (packet instanceof Goodbye goodbye) {
            outside.disconnect();
            switch (goodbye.reason()) {
                case SHUTDOWN -> lost(now, VerdictReason.SHUT_DOWN_BY_PEER, goodbye.text(), false);
                case RESTART -> lost(now, VerdictReason.SHUT_DOWN_BY_PEER, goodbye.text(), true);
                default -> lost(now, VerdictReason.CLOSED_BY_PEER, goodbye.evidence(), false);
            }
        } else if (!(packet instanceof Packet.Unknown)) {
            corrupted(now, packet.getClass().getSimpleName() + " from a conmgr");
        }
    }

    /** What came cannot be read. */
    void corrupted(long now, String what) {
        if (phase == Phase.AWAITING_HELLO) {
            refuse(now, new Goodbye(Goodbye.Reason.PROTOCOL_ERROR, what));
        } else if (phase == Phase.UP) {
            outside.send(new Goodbye(Goodbye.Reason.PROTOCOL_ERROR, what));
            outside.disconnect();
            lost(now, VerdictReason.PROTOCOL_ERROR, what, false);
        }
    }

    /** The connection ended, not by us. */
    void closed(long now, String how) {
        if (phase == Phase.AWAITING_HELLO) {
            phase = Phase.CLOSED;
            outside.refused(how + " before a Hello");
        } else if (phase == Phase.UP) {
            lost(now, VerdictReason.CLOSED_BY_PEER, how + " without a Goodbye", false);
        }
    }

    /** Tells the peer when the instance has changed. */
    void attributesChanged() {
        if (phase == Phase.UP) {
            AttributeSet now = outside.attributes();
            if (!now.equals(told)) {
                told = now;
                outside.send(now);
            }
        }
    }

    /** Time has come. {@code due} is what {@link #wakeAt} had said. */
    void tick(long now, long due) {
        if (phase == Phase.AWAITING_HELLO && now >= helloDeadline) {
            refuse(now, new Goodbye(Goodbye.Reason.REFUSED, "no Hello within " + HELLO_TIMEOUT.toSeconds() + " s"));
        } else if (phase == Phase.UP) {
            Pulse live = live();
            live.woke(now, due);
            if (live.beatDue(now)) {
                beat(now);
            }
            Beat nudge = live.nudge(now, outside::unacknowledged, outside.progress());
            if (nudge != null) {
                outside.send(nudge);
            }
            if (live.expired(now)) {
                String evidence = live.evidence(now);
                outside.send(new Goodbye(Goodbye.Reason.TIMED_OUT, evidence));
                outside.disconnect();
                lost(now, VerdictReason.TIMED_OUT, evidence, false);
            }
        }
    }

    /** Says Goodbye and ends; nothing is reported. */
    void stop(Goodbye goodbye) {
        if (phase != Phase.CLOSED) {
            if (phase == Phase.UP) {
                outside.send(goodbye);
            }
            outside.disconnect();
            phase = Phase.CLOSED;
        }
    }

    /** Null unless established. */
    @Nullable
    LinkStatus status(long now, long bytesReceived, long bytesSent) {
        Peer known = peer;
        if (phase != Phase.UP || known == null) {
            return null;
        }
        long silence = TimeUnit.NANOSECONDS.toMillis(now - live().lastReceipt());
        long roundTrip = live().roundTripNanos();
        return new LinkStatus(
                known,
                since,
                clock.instant().minusMillis(silence),
                live().lastHeard(),
                sessions.size(),
                roundTrip < 0 ? null : Duration.ofNanos(roundTrip),
                bytesReceived,
                bytesSent);
    }

    private void refuse(long now, Goodbye goodbye) {
        outside.send(goodbye);
        outside.disconnect();
        if (phase == Phase.UP) {
            lost(now, VerdictReason.PROTOCOL_ERROR, goodbye.text(), false);
        } else {
            phase = Phase.CLOSED;
            outside.refused(goodbye.text());
        }
    }

    private void lost(long now, VerdictReason reason, String evidence, boolean restarting) {
        Peer known = peer;
        Instant at = clock.instant();
        BeatFacts beats = live().facts(now, at);
        phase = Phase.CLOSED;
        pulse = null;
        if (known != null) {
            outside.lost(known, new Verdict(reason, evidence, at), beats, restarting, Set.copyOf(sessions));
        }
    }

    private void beat(long now) {
        outside.send(live().beat(now, outside.progress()));
    }

    private Pulse live() {
        Pulse live = pulse;
        if (live == null) {
            throw new IllegalStateException("no established link in phase " + phase);
        }
        return live;
    }
}
