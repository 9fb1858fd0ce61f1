package org.conmgr.heartbeat;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One established link as views show it.
 *
 * @param peer whose
 * @param since when it was established
 * @param lastHeard when anything last came from the peer
 * @param lastBeat sequence number of its last beat
 * @param sessions how many SQL connections it has registered
 * @param roundTrip from a beat to the peer and back, without the time the peer held it; null while not known
 * @param bytesReceived of the protocol, without TLS
 * @param bytesSent of the protocol, without TLS
 */
public record LinkStatus(
        Peer peer,
        Instant since,
        Instant lastHeard,
        long lastBeat,
        int sessions,
        @Nullable Duration roundTrip,
        long bytesReceived,
        long bytesSent) {}
