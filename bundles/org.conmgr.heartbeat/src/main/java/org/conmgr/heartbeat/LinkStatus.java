package org.conmgr.heartbeat;

import java.time.Instant;

/**
 * One established link as views show it.
 *
 * @param peer whose
 * @param since when it was established
 * @param lastHeard when anything last came from the peer
 * @param lastBeat sequence number of its last beat
 * @param sessions how many SQL connections it has registered
 */
public record LinkStatus(Peer peer, Instant since, Instant lastHeard, long lastBeat, int sessions) {}
