package org.conmgr.api.watchdog;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/** Whose backends to end. */
public sealed interface Termination {
    /**
     * Every backend, walsenders too, whose client address is this host's and that began before a point in time, except
     * the watchdog's own.
     *
     * @param before that point, by {@link System#nanoTime}: it stays where it is, however long the order has to wait
     */
    record Address(InetAddress client, long before) implements Termination {
        /** Those that have begun by now. */
        public Address(InetAddress client) {
            this(client, System.nanoTime());
        }
    }

    /**
     * Only the backends of these client sockets that began before a point in time: a port may be another session's by
     * now.
     *
     * @param clients resolved addresses
     * @param before that point, by {@link System#nanoTime}: it stays where it is, however long the order has to wait
     */
    record Sessions(Set<InetSocketAddress> clients, long before) implements Termination {
        public Sessions {
            clients = Set.copyOf(clients);
            for (InetSocketAddress client : clients) {
                if (client.isUnresolved()) {
                    throw new IllegalArgumentException("client: " + client + " (expected: a resolved address)");
                }
            }
        }

        /** Those that have begun by now. */
        public Sessions(Set<InetSocketAddress> clients) {
            this(clients, System.nanoTime());
        }
    }
}
