package org.conmgr.listener;

import java.util.List;

/**
 * The application side of conmgr in numbers. The counters count up from the start of the listener's bundle.
 *
 * @param addresses where it listens now, as {@code 127.0.0.1:27546}; empty when it cannot
 * @param maxConnections {@code max_connections}; 0 for no limit
 * @param open connections open now
 * @param accepted connections accepted, without those over the limit
 * @param tooMany connections closed because of {@code max_connections}
 * @param invalid connections closed because their first packet was none that anybody here takes
 * @param timedOut connections closed because of {@code authentication_timeout}
 */
public record ListenerStatus(
        List<String> addresses,
        int maxConnections,
        int open,
        long accepted,
        long tooMany,
        long invalid,
        long timedOut) {
    public ListenerStatus {
        addresses = List.copyOf(addresses);
    }
}
