package org.conmgr.heartbeat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.UUID;

/**
 * A conmgr as its watchdog sees it.
 *
 * @param id of the conmgr process; the same when only its end of the links restarts
 * @param name its {@code conmgr_name}, by default its host's name
 * @param address where its link comes from; the port is ephemeral
 * @param interval its {@code heartbeat_interval}
 * @param timeout its {@code heartbeat_timeout}
 */
public record Peer(UUID id, String name, InetSocketAddress address, Duration interval, Duration timeout) {
    /** The address as text, without a port: {@code 192.0.2.7}. */
    public String addressText() {
        return address.getAddress().getHostAddress();
    }
}
