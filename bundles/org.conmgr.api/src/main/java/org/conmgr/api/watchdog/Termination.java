package org.conmgr.api.watchdog;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/** Whose backends to end. */
public sealed interface Termination {
    /** Every backend, walsenders too, whose client address is this, except the watchdog's own. */
    record Address(InetAddress client) implements Termination {}

    /** Only the backends of these client sockets. */
    record Sessions(Set<InetSocketAddress> clients) implements Termination {
        public Sessions {
            clients = Set.copyOf(clients);
        }
    }
}
