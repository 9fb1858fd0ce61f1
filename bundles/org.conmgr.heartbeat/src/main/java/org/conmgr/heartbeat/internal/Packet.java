package org.conmgr.heartbeat.internal;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;

/** The messages of the link; see the package description of {@code org.conmgr.heartbeat} for their bytes. */
sealed interface Packet {
    /** The protocol this end speaks. */
    int MAJOR = 1;

    int MINOR = 3;

    record Hello(
            int major,
            int minor,
            UUID id,
            int intervalMillis,
            int timeoutMillis,
            String name,
            Map<String, String> options)
            implements Packet {
        /** The option with conmgr's nonce, when it has a shared secret. */
        static final String NONCE = "nonce";

        public Hello {
            options = Map.copyOf(options);
        }
    }

    record Welcome(int major, int minor, AttributeSet set, InetSocketAddress seenAt, Map<String, String> options)
            implements Packet {
        public Welcome {
            options = Map.copyOf(options);
        }
    }

    /** The watchdog wants proof of the shared secret. The nonce is hexadecimal. */
    record Challenge(String nonce) implements Packet {}

    /** That the sender knows the shared secret; hexadecimal. conmgr's is answered by the watchdog's. */
    record Proof(String mac) implements Packet {}

    /**
     * Times are in microseconds, capped by what an int holds.
     *
     * @param heldMicros how long ago {@code lastHeard} was heard; -1 when the sender does not tell
     */
    record Beat(long sequence, long lastHeard, int lateMicros, int stallMicros, Progress progress, int heldMicros)
            implements Packet {}

    /** What the watchdog knows of its instance. */
    record AttributeSet(Identity identity, Attributes attributes, String why) implements Packet {
        /** Before the first check. */
        static final AttributeSet NOT_YET = new AttributeSet(
                Identity.UNKNOWN,
                new Attributes(InstanceState.UNREACHABLE, Role.STANDBY, false, 0),
                "its watchdog has not reached it yet");
    }

    record Sessions(Change change, List<InetSocketAddress> sockets) implements Packet {
        enum Change {
            FORGET_ALL,
            ADD,
            REMOVE
        }

        /** Keeps a frame well under its limit: 200 IPv6 sockets are 3,800 bytes. */
        static final int MAX_SOCKETS = 200;

        public Sessions {
            sockets = List.copyOf(sockets);
        }
    }

    record Goodbye(Reason reason, String text) implements Packet {
        enum Reason {
            SHUTDOWN,
            RESTART,
            INSTANCE_STOPPED,
            TOO_MANY_CONNECTIONS,
            REFUSED,
            PROTOCOL_ERROR,
            /** The sender lives, but has no link on these terms; no session is lost. */
            UNAUTHENTICATED,
            /** The sender heard no beat in time and has given the receiver up. */
            TIMED_OUT,
            /**
             * From a conmgr: it lives, does not watch the instance by this link any more, and ends itself the sessions
             * it has registered. Its host's other sessions are not concerned.
             */
            UNWATCHED
        }

        private static final int OBJECTIONS_SINCE = 2;
        private static final int UNWATCHED_SINCE = 3;

        /**
         * conmgr's. A watchdog that would take the reason for a broken link is told instead that conmgr is to be back.
         *
         * @param watchdogMinor the minor version that the watchdog speaks
         */
        static Goodbye toWatchdog(int watchdogMinor, Reason reason, String text) {
            int since =
                    switch (reason) {
                        case UNAUTHENTICATED -> OBJECTIONS_SINCE;
                        case UNWATCHED -> UNWATCHED_SINCE;
                        default -> 0;
                    };
            return new Goodbye(watchdogMinor < since ? Reason.RESTART : reason, text);
        }

        /** What a verdict says of it: {@code not heard by the peer: silent for 0.60 s; last beat #7; own stall 0 ms}. */
        String evidence() {
            return reason == Reason.TIMED_OUT ? "not heard by the peer: " + text : text;
        }
    }

    /** A type of a later minor version. */
    record Unknown(int type) implements Packet {}
}
