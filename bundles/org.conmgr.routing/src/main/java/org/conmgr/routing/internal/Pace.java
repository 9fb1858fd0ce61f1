package org.conmgr.routing.internal;

import java.util.concurrent.TimeUnit;

/**
 * Lets those that have waited for an instance go there a few at a time, so that they do not all open a connection at the
 * same moment. The first few go at once. However many wait, all have gone after {@link #LONGEST}. Guarded by the lock of
 * {@link Switchboard}.
 */
final class Pace {
    /** The time from one round to the next. */
    static final long ROUND = TimeUnit.MILLISECONDS.toNanos(20);

    /** The longest that anybody is kept only for the others' sake. */
    static final long LONGEST = TimeUnit.SECONDS.toNanos(2);

    private boolean draining;
    private boolean denied;
    private long roundBegan;
    private long drainedBy;
    private long left;

    /** A look at all that wait begins. */
    void begin() {
        denied = false;
    }

    /**
     * Whether one more may go now.
     *
     * @param perSecond {@code route_pace}; 0 for no bound
     * @param waiting how many wait now
     */
    boolean take(long nanos, int perSecond, int waiting) {
        if (perSecond == 0) {
            return true;
        }
        if (!draining) {
            draining = true;
            drainedBy = nanos + LONGEST;
            round(nanos, perSecond, waiting);
        } else if (nanos - roundBegan >= ROUND) {
            round(nanos, perSecond, waiting);
        }
        if (left == 0) {
            denied = true;
            return false;
        }
        left--;
        return true;
    }

    private void round(long nanos, int perSecond, int waiting) {
        roundBegan = nanos;
        long rounds = Math.max(1, (drainedBy - nanos) / ROUND);
        long steady = Math.max(1, perSecond * ROUND / TimeUnit.SECONDS.toNanos(1));
        left = Math.max(steady, (waiting + rounds - 1) / rounds);
    }

    /** The look is over. */
    void end() {
        draining &= denied;
    }
}
