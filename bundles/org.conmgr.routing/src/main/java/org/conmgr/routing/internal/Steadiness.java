package org.conmgr.routing.internal;

import java.time.Duration;

/**
 * How an instance's lives and deaths follow each other. One that dies again soon after it came back is flapping: each
 * time it comes back after that, it is held down for twice as long as the time before. Guarded by the lock of {@link
 * Switchboard}.
 */
final class Steadiness {
    /** More doublings than any bound allows. */
    private static final int MAX_DOUBLINGS = 40;

    private boolean returned;
    private long steadyFrom;
    private int flaps;

    /** The instance has died. */
    void died(long nanos, RoutingSettings settings) {
        boolean soon = returned && nanos - steadyFrom < settings.flapWindow().toNanos();
        flaps = soon ? flaps + 1 : 0;
    }

    /**
     * It is back.
     *
     * @return how long to hold it down; zero for not at all, as the first time always
     */
    Duration returned(long nanos, RoutingSettings settings) {
        returned = true;
        long hold = 0;
        if (flaps > 0) {
            long first = settings.holdDown().toNanos();
            long bound = settings.maxHoldDown().toNanos();
            int doublings = Math.min(flaps - 1, MAX_DOUBLINGS);
            hold = first > bound >> doublings ? Math.max(first, bound) : first << doublings;
        }
        steadyFrom = nanos + hold;
        return Duration.ofNanos(hold);
    }

    /** How often in a row it has died soon after it had come back. */
    int flaps() {
        return flaps;
    }
}
