package org.conmgr.heartbeat.internal;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.heartbeat.LinkStatus;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Beat;
import org.conmgr.heartbeat.internal.Packet.Challenge;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.Packet.Proof;
import org.conmgr.heartbeat.internal.Packet.Sessions;
import org.conmgr.heartbeat.internal.Packet.Welcome;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.jspecify.annotations.Nullable;

/**
 * The watchdog's end of one link, as a pure state machine like {@link ConmgrLink}.
 *
 * <pre>
 *  accepted --> AWAITING_HELLO --- Hello, admitted -------> UP ---+-- timed out, EOF, Goodbye --> CLOSED
 *                     |   |                                ^      |
 *                     |   +- Hello, secret -> AWAITING_PROOF      +-- revoked
 *                     |                            |     Proof
 *                     +----------------------------+-- HELLO_TIMEOUT, EOF, another version, no proof, refused --> CLOSED
 * </pre>
 *
 * <p>With a shared secret, conmgr's Hello brings its nonce, the Challenge the watchdog's; conmgr proves first, the
 * watchdog's Proof goes out just before its Welcome. The time for a Hello is the time for all of it, TLS included.
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

        /** On what this connection can be a link. */
        Terms terms();

        /** What the instance is now. */
        AttributeSet attributes();

        /** Numbers for a beat. */
        Progress progress();

        void send(Packet packet);

        /** Whether the peer's kernel has not acknowledged all that was sent; false when that cannot be known. */
        default boolean unacknowledged() {
            return false;
        }

        /** How many nanoseconds ago data last came from the peer, read or not; the greatest long when not known. */
        default long sinceArrival() {
            return Long.MAX_VALUE;
        }

        /** Close the connection; no {@link #closed} is expected for it. */
        void disconnect();

        void established(Peer peer);

        /** An established link has ended. */
        void lost(Peer peer, Verdict verdict, BeatFacts beats, Farewell farewell, Set<InetSocketAddress> sessions);

        /** A connection that never became a link has ended. */
        void refused(String why);
    }

    /** What a conmgr whose link has ended said of itself. */
    enum Farewell {
        /** Nothing; or it stops. */
        NONE,
        /** It is to be back. */
        RESTART,
        /** It lives on without this link: see {@link Goodbye.Reason#UNWATCHED}. */
        UNWATCHED,
        /** It lives, and has declared the instance dead: see {@link Goodbye.Reason#TIMED_OUT}. */
        GAVE_UP;

        /** Whether it may take its time before it is counted as gone. */
        boolean awaited() {
            return this == RESTART || this == UNWATCHED;
        }

        /** Whether its words prove that its host lives: then only what it had registered is lost. */
        boolean sparesHost() {
            return this == UNWATCHED || this == GAVE_UP;
        }
    }

    /** How long a connection may last before it is a link. */
    static final Duration HELLO_TIMEOUT = Duration.ofSeconds(10);

    /** More sessions than any instance has connections: a peer that sends more is broken. */
    private static final int MAX_SESSIONS = 100_000;

    private static final int MIN_MILLIS = 1;
    private static final Pattern NONCE = Pattern.compile("[0-9a-f]{" + 2 * SharedSecret.BYTES + "}");

    private enum Phase {
        AWAITING_HELLO,
        AWAITING_PROOF,
        UP,
        CLOSED
    }

    private record Challenged(Hello hello, String conmgrNonce, Terms terms) {}

    private final Outside outside;
    private final InetSocketAddress remote;
    private final InstantSource clock;
    private final String name;
    private final long helloDeadline;
    private final Set<InetSocketAddress> sessions = new LinkedHashSet<>();

    private Phase phase = Phase.AWAITING_HELLO;

    /** While a proof is awaited: of what. */
    private @Nullable Challenged challenged;

    private boolean proven;
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
            case AWAITING_HELLO, AWAITING_PROOF -> helloDeadline;
            case UP -> live().wakeAt();
            case CLOSED -> Long.MAX_VALUE;
        };
    }

    void received(long now, Packet packet) {
        if (packet instanceof Hello hello && (phase == Phase.AWAITING_HELLO || phase == Phase.UP)) {
            hello(now, hello);
        } else if (packet instanceof Proof proof && phase == Phase.AWAITING_PROOF) {
            proof(now, proof);
        } else if (phase == Phase.AWAITING_HELLO || phase == Phase.AWAITING_PROOF) {
            if (packet instanceof Goodbye goodbye) {
                outside.disconnect();
                phase = Phase.CLOSED;
                outside.refused("it left: " + goodbye.evidence());
            } else if (!(packet instanceof Packet.Unknown)) {
                refuse(
                        now,
                        new Goodbye(
                                Goodbye.Reason.PROTOCOL_ERROR,
                                packet.getClass().getSimpleName()
                                        + (phase == Phase.AWAITING_HELLO
                                                ? " before the Hello"
                                                : " in place of a Proof")));
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
        if (phase == Phase.UP) {
            Peer greeted = peer(hello);
            peer = greeted;
            live().retime(now, Timing.of(greeted.interval(), greeted.timeout()));
            welcome();
            return;
        }
        Terms terms = outside.terms();
        if (terms.objection() != null) {
            refuse(now, new Goodbye(Goodbye.Reason.UNAUTHENTICATED, terms.objection()));
            return;
        }
        String nonce = hello.options().get(Hello.NONCE);
        if (terms.secret() == null || (nonce == null && !terms.secretRequired())) {
            admit(now, hello);
        } else if (nonce == null) {
            refuse(
                    now,
                    new Goodbye(
                            Goodbye.Reason.UNAUTHENTICATED,
                            "this watchdog wants the shared secret: set secret_file in org.conmgr.auth"));
        } else if (!NONCE.matcher(nonce).matches()) {
            refuse(now, new Goodbye(Goodbye.Reason.PROTOCOL_ERROR, "a nonce that is none"));
        } else {
            phase = Phase.AWAITING_PROOF;
            challenged = new Challenged(hello, nonce, terms);
            outside.send(new Challenge(terms.nonce()));
        }
    }

    private void proof(long now, Proof proof) {
        Challenged awaited = challenged;
        SharedSecret secret = awaited == null ? null : awaited.terms().secret();
        if (awaited == null || secret == null) {
            throw new IllegalStateException("a Proof that nobody awaits");
        }
        challenged = null;
        SharedSecret.Transcript transcript = awaited.terms()
                .transcript(
                        awaited.hello(), awaited.conmgrNonce(), awaited.terms().nonce());
        SharedSecret proved = secret.verified(SharedSecret.Role.CONMGR, transcript, proof.mac());
        if (proved == null) {
            refuse(now, new Goodbye(Goodbye.Reason.UNAUTHENTICATED, "it does not have the watchdog's shared secret"));
            return;
        }
        proven = true;
        outside.send(new Proof(proved.prove(SharedSecret.Role.WATCHDOG, transcript)));
        admit(now, awaited.hello());
    }

    private Peer peer(Hello hello) {
        Peer known = peer;
        return new Peer(
                known == null ? hello.id() : known.id(), // A link is one process's for as long as it lasts.
                hello.name(),
                remote,
                Duration.ofMillis(hello.intervalMillis()),
                Duration.ofMillis(hello.timeoutMillis()));
    }

    private void admit(long now, Hello hello) {
        Peer greeted = peer(hello);
        Goodbye refusal = outside.admit(greeted);
        if (refusal != null) {
            refuse(now, refusal);
            return;
        }
        phase = Phase.UP;
        peer = greeted;
        since = clock.instant();
        pulse = new Pulse(now, Timing.of(greeted.interval(), greeted.timeout()));
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
                case ADD -> changed.sockets().stream().filter(this::ofItsHost).forEach(sessions::add);
                case REMOVE -> changed.sockets().forEach(sessions::remove);
            }
            if (sessions.size() > MAX_SESSIONS) {
                corrupted(now, sessions.size() + " sessions (expected: at most " + MAX_SESSIONS + ")");
            }
        } else if (packet instanceof Goodbye goodbye) {
            outside.disconnect();
            switch (goodbye.reason()) {
                case SHUTDOWN -> lost(now, VerdictReason.SHUT_DOWN_BY_PEER, goodbye.text(), Farewell.NONE);
                case RESTART -> lost(now, VerdictReason.SHUT_DOWN_BY_PEER, goodbye.text(), Farewell.RESTART);
                case UNWATCHED -> lost(now, VerdictReason.SHUT_DOWN_BY_PEER, goodbye.text(), Farewell.UNWATCHED);
                case UNAUTHENTICATED -> lost(now, VerdictReason.UNAUTHENTICATED, goodbye.text(), Farewell.NONE);
                case TIMED_OUT -> lost(now, VerdictReason.CLOSED_BY_PEER, goodbye.evidence(), Farewell.GAVE_UP);
                default -> lost(now, VerdictReason.CLOSED_BY_PEER, goodbye.evidence(), Farewell.NONE);
            }
        } else if (!(packet instanceof Packet.Unknown)) {
            corrupted(now, packet.getClass().getSimpleName() + " from a conmgr");
        }
    }

    /** The sessions of other hosts are not its to lose. */
    private boolean ofItsHost(InetSocketAddress socket) {
        return Host.same(socket.getAddress(), remote.getAddress());
    }

    /** What came cannot be read. */
    void corrupted(long now, String what) {
        if (phase == Phase.AWAITING_HELLO || phase == Phase.AWAITING_PROOF) {
            refuse(now, new Goodbye(Goodbye.Reason.PROTOCOL_ERROR, what));
        } else if (phase == Phase.UP) {
            outside.send(new Goodbye(Goodbye.Reason.PROTOCOL_ERROR, what));
            outside.disconnect();
            lost(now, VerdictReason.PROTOCOL_ERROR, what, Farewell.NONE);
        }
    }

    /** There is no TLS session with the peer, or none any more. */
    void untrusted(long now, String why) {
        if (phase == Phase.UP) {
            corrupted(now, why);
        } else {
            turnAway(now, Goodbye.Reason.UNAUTHENTICATED, why);
        }
    }

    /** Ends a connection that is no link yet; a link stays. */
    void turnAway(long now, Goodbye.Reason reason, String why) {
        if (phase == Phase.AWAITING_HELLO || phase == Phase.AWAITING_PROOF) {
            refuse(now, new Goodbye(reason, why));
        }
    }

    /** What is demanded of peers has changed: a link that does not meet it ends, and costs no session. */
    void termsChanged(long now) {
        if (phase != Phase.UP) {
            return;
        }
        Terms terms = outside.terms();
        String why = terms.objection() == null && terms.secretRequired() && !proven
                ? "this watchdog now wants the shared secret"
                : terms.objection();
        if (why != null) {
            outside.send(new Goodbye(Goodbye.Reason.UNAUTHENTICATED, why));
            outside.disconnect();
            lost(now, VerdictReason.UNAUTHENTICATED, why, Farewell.NONE);
        }
    }

    /** The connection ended, not by us. */
    void closed(long now, String how) {
        if (phase == Phase.AWAITING_HELLO || phase == Phase.AWAITING_PROOF) {
            String missing = phase == Phase.AWAITING_HELLO ? " before a Hello" : " before its Proof";
            phase = Phase.CLOSED;
            outside.refused(how + missing);
        } else if (phase == Phase.UP) {
            lost(now, VerdictReason.CLOSED_BY_PEER, how + " without a Goodbye", Farewell.NONE);
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
        if ((phase == Phase.AWAITING_HELLO || phase == Phase.AWAITING_PROOF) && now >= helloDeadline) {
            refuse(now, new Goodbye(Goodbye.Reason.REFUSED, "not a link within " + HELLO_TIMEOUT.toSeconds() + " s"));
        } else if (phase == Phase.UP) {
            Pulse live = live();
            live.woke(now, due);
            if (live.beatDue(now)) {
                beat(now);
            }
            live.nudges(now, outside::unacknowledged, outside.progress()).forEach(outside::send);
            if (live.expired(now, outside::sinceArrival)) {
                String evidence = live.evidence(now);
                outside.send(new Goodbye(Goodbye.Reason.TIMED_OUT, evidence));
                outside.disconnect();
                lost(now, VerdictReason.TIMED_OUT, evidence, Farewell.NONE);
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
            lost(now, VerdictReason.PROTOCOL_ERROR, goodbye.text(), Farewell.NONE);
        } else {
            phase = Phase.CLOSED;
            outside.refused(goodbye.text());
        }
    }

    private void lost(long now, VerdictReason reason, String evidence, Farewell farewell) {
        Peer known = peer;
        Instant at = clock.instant();
        BeatFacts beats = live().facts(now, at);
        phase = Phase.CLOSED;
        pulse = null;
        if (known != null) {
            outside.lost(known, new Verdict(reason, evidence, at), beats, farewell, Set.copyOf(sessions));
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
