package org.conmgr.jdbc;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out where a host of the list leads. */
final class Route {
    private Route() {}

    /** conmgr says that there is no instance for us; the message is conmgr's. */
    static final class NoInstance extends IOException {
        private static final long serialVersionUID = 1L;

        private final String sqlState;

        NoInstance(Answer.Refused refused) {
            super(refused.text());
            this.sqlState = refused.sqlState();
        }

        String sqlState() {
            return sqlState;
        }
    }

    /**
     * Asks a host.
     *
     * @param address its address, null when it must be resolved
     * @return a session that is not connected yet; the caller must close it
     * @throws NoInstance it is a conmgr, and refuses
     * @throws IOException it was not reached, or is neither conmgr nor PostgreSQL server; the message says what
     *     happened, not where
     */
    static Session find(Endpoint host, @Nullable InetAddress address, Settings settings, Deadline limit)
            throws IOException {
        List<InetAddress> addresses = address == null ? Resolver.resolve(host.host(), limit) : List.of(address);
        Answer answer = AskClient.ask(addresses, host.port(), settings.ask(), limit);
        if (answer instanceof Answer.Routed routed) {
            return Session.routed(host, routed.route(), routed.channel(), settings, limit);
        }
        if (answer instanceof Answer.Refused refused) {
            throw new NoInstance(refused);
        }
        return Session.direct(host, addresses);
    }
}
