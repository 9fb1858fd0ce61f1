package org.conmgr.api.watchdog;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/** Whose backends to end. */
public sealed interface Termination {
    /** Every backend, walsenders too, whose client address is this host's, except the watchdog's own. */
    record Address(InetAddress client) implements Termination {}

    /**
     * Only the backends of these client sockets.
     *
     * @param clients resolved addresses
     */
    record Sessions(Set<InetSocketAddress> clients) implements Termination {
        public Sessions {
            clients = Set.copyOf(clients);
            for (InetSocketAddress client : clients) {
                if (client.isUnresolved()) {
                    throw new IllegalArgumentException("client: " + client + " (expected: a resolved address)");
                }
            }
        }
    }
}
