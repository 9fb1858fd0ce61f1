package org.conmgr.heartbeat.internal;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one timer of a link, and its clock: nanoseconds since the timer was made. A deadline that moves later, as it
 * does with every beat, costs nothing: the timer fires at the old time and is told the new one. Belongs to its loop.
 */
final class LoopTimer {
    /** Called on the loop. */
    interface Task {
        /** {@code due} is the time the timer had been set for. */
        void run(long now, long due);
    }

    private static final long NEVER = Long.MAX_VALUE;

    private final EventLoop loop;
    private final Ticker ticker;
    private final long origin;
    private final Task task;

    private @Nullable Future<?> scheduled;
    private long firesAt = NEVER;

    LoopTimer(EventLoop loop, Ticker ticker, Task task) {
        this.loop = loop;
        this.ticker = ticker;
        this.task = task;
        origin = ticker.nanoTime();
    }

    long now() {
        return ticker.nanoTime() - origin;
    }

    /** Fires at this time at the latest. */
    void arm(long at) {
        if (at >= firesAt) {
            return;
        }
        disarm();
        if (at != NEVER) {
            firesAt = at;
            scheduled = loop.schedule(this::fire, Math.max(0, at - now()), TimeUnit.NANOSECONDS);
        }
    }

    void disarm() {
        if (scheduled != null) {
            scheduled.cancel(false);
            scheduled = null;
        }
        firesAt = NEVER;
    }

    private void fire() {
        long due = firesAt;
        firesAt = NEVER;
        scheduled = null;
        task.run(now(), due);
    }
}
