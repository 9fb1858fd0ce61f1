package org.conmgr.api.link;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one end of an established link knew of the beats, both ways, when it reached a verdict.
 *
 * @param established when the link was established
 * @param interval {@code heartbeat_interval}
 * @param timeout {@code heartbeat_timeout}
 * @param silence how long nothing at all had come from the peer
 * @param heard the peer's last beat; null when none had come
 * @param sent our last beat; null when none had gone
 * @param confirmed the last of our beats that the peer said it had heard; 0 when it had said so of none
 * @param ownStall the longest time that this process had stood still since anything last came; zero when that was too
 *     short to matter
 */
public record BeatFacts(
        Instant established,
        Duration interval,
        Duration timeout,
        Duration silence,
        @Nullable Beat heard,
        @Nullable Beat sent,
        long confirmed,
        Duration ownStall) {
    /**
     * One beat.
     *
     * @param sequence its number, counted from 1 on each link
     * @param at when it came, or went, by the clock of this end
     * @param late how much later than it was due its sender sent it
     * @param stall the longest time that its sender had stood still since its beat before
     */
    public record Beat(long sequence, Instant at, Duration late, Duration stall) {}
}
