package org.conmgr.heartbeat.internal;

import java.util.concurrent.TimeUnit;

/**
 * When to send once more while the last beat is not acknowledged. A packet that is lost is sent again by the kernel
 * after 200 ms at the earliest, and when that is lost too, after 400 ms more: with short timeouts two lost packets in a
 * row look like a dead peer. But the peer's kernel asks for what it misses as soon as anything behind it arrives. So
 * for as long as a beat stays unacknowledged, a few more follow it at short intervals.
 *
 * <p>Each time there are {@link #AT_ONCE} of them: once a packet is lost, the kernel sends no more packets than it hears of
 * having arrived (proportional rate reduction, RFC 6937), and the first goes to what was lost. When that is lost too, only
 * another of them can be sent, and so show that it was.
 */
final class Nudge {
    /** Behind the time for which Linux holds back an acknowledgement, 40 ms. */
    static final long STEP = TimeUnit.MILLISECONDS.toNanos(50);

    /**
     * One to find the loss, and one more for each time that what is sent again is lost too. More would be too many for the
     * kernel to send what is lost again at a steady pace ({@link org.conmgr.netty.SendQueue#resendSteadily}).
     */
    static final int AT_ONCE = 4;

    /** Times per beat: enough for any loss that a link can live with, and an end of it when the peer is gone. */
    static final int MOST = 8;

    private static final long NEVER = Long.MAX_VALUE;

    private long at = NEVER;
    private long fastest = -1;
    private long step;
    private int left;

    /**
     * A beat was sent.
     *
     * @param roundTrip to the peer and back; negative while not known. What was lost and sent again takes long, so the
     *     fastest counts, for some ten beats
     */
    void beatSent(long now, long interval, long roundTrip) {
        fastest = fastest < 0 ? roundTrip : Math.min(roundTrip, fastest + fastest / 8 + 1);
        step = Math.max(Math.min(STEP, interval / 4), 2 * fastest);
        left = MOST;
        at = step < interval ? now + step : NEVER;
    }

    long wakeAt() {
        return at;
    }

    boolean due(long now) {
        return now >= at;
    }

    /** It was looked what is acknowledged. */
    void looked(long now, boolean unacknowledged) {
        at = unacknowledged && --left > 0 ? now + step : NEVER;
    }
}
