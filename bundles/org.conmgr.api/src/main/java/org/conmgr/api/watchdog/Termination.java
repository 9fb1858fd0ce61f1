package org.conmgr.api.watchdog;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;

/** Whose backends to end. */
public sealed interface Termination {
    /** Every backend, walsenders too, whose client address is this host's, except the watchdog's own. */
    record Address(InetAddress client) implements Termination {}

    /**
     * Only the backends of these client sockets that began before a point in time: a port may be another session's by
     * now.
     *
     * @param clients resolved addresses
     * @param before how long ago that point is; zero for now
     */
    record Sessions(Set<InetSocketAddress> clients, Duration before) implements Termination {
        public Sessions {
            if (before.isNegative()) {
                throw new IllegalArgumentException("before: " + before + " (expected: not negative)");
            }
            clients = Set.copyOf(clients);
            for (InetSocketAddress client : clients) {
                if (client.isUnresolved()) {
                    throw new IllegalArgumentException("client: " + client + " (expected: a resolved address)");
                }
            }
        }

        /** Whenever they began. */
        public Sessions(Set<InetSocketAddress> clients) {
            this(clients, Duration.ZERO);
        }
    }
}
