package org.conmgr.jdbc;

import java.nio.channels.SocketChannel;
import org.conmgr.direct.protocol.Frame;

/** What a host of the list turned out to be. */
sealed interface Answer {
    /**
     * A conmgr that knows an instance.
     *
     * @param route where to connect
     * @param channel the ask connection, on which more is told: the receiver must close it
     */
    record Routed(Frame.Routed route, SocketChannel channel) implements Answer {}

    /** A conmgr that knows none. */
    record Refused(String sqlState, String text) implements Answer {}

    /** A PostgreSQL server, or a pooler that looks like one. */
    record Server() implements Answer {}
}
