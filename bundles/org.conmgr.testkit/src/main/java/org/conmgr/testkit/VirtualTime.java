package org.conmgr.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Time that stands still until the test moves it. Its clock, its nano time and its scheduler tell the same time; tasks
 * run on the thread that calls {@link #advance}, in the order they are due.
 */
public final class VirtualTime {
    private final Instant start;
    private final VirtualScheduler scheduler = new VirtualScheduler();

    /** Starts at 2026-11-22 12:00 UTC. */
    public VirtualTime() {
        this(Instant.parse("2026-11-22T12:00:00Z"));
    }

    public VirtualTime(Instant start) {
        this.start = start;
    }

    /** Nanoseconds since the start; takes the place of {@link System#nanoTime}. */
    public long nanoTime() {
        return scheduler.now();
    }

    public Instant instant() {
        return start.plusNanos(nanoTime());
    }

    /** A clock in UTC. */
    public Clock clock() {
        return new VirtualClock(ZoneOffset.UTC);
    }

    /** Runs nothing by itself: {@link #advance} does. */
    public ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /** Moves time on, and runs on the way every task that comes due, each at its own time. */
    public void advance(Duration span) {
        scheduler.advance(span.toNanos());
    }

    /** Runs what is due now: what was given to {@code execute} or scheduled without delay. */
    public void runDue() {
        scheduler.advance(0);
    }

    /** The number of tasks that wait for their time. */
    public int pending() {
        return scheduler.pending();
    }

    private final class VirtualClock extends Clock {
        private final ZoneId zone;

        VirtualClock(ZoneId zone) {
            this.zone = zone;
        }

        @Override
        public ZoneId getZone() {
            return zone;
        }

        @Override
        public Clock withZone(ZoneId other) {
            return new VirtualClock(other);
        }

        @Override
        public Instant instant() {
            return VirtualTime.this.instant();
        }
    }
}
