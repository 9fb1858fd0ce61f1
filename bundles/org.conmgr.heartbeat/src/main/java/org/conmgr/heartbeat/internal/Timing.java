package org.conmgr.heartbeat.internal;

import java.time.Duration;

/** How often beats go out and how long the peer may be silent; nanoseconds. */
record Timing(long interval, long timeout) {
    Timing {
        if (interval <= 0 || timeout <= 0) {
            throw new IllegalArgumentException(
                    "interval " + interval + " ns, timeout " + timeout + " ns (expected: > 0)");
        }
    }

    static Timing of(Duration interval, Duration timeout) {
        return new Timing(interval.toNanos(), timeout.toNanos());
    }
}
