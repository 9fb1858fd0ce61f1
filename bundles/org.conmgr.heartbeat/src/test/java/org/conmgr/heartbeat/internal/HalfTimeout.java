package org.conmgr.heartbeat.internal;

import java.time.Duration;
import org.conmgr.api.link.FailureDetector;

/** Gives up after half of heartbeat_timeout. */
final class HalfTimeout implements FailureDetector {
    @Override
    public String name() {
        return "half";
    }

    @Override
    public Watch watch(Duration interval, Duration timeout, long now) {
        return new Watch() {
            private long lastReceipt = now;

            @Override
            public void beat(long at, long stall) {
                lastReceipt = at;
            }

            @Override
            public void heard(long at) {
                lastReceipt = at;
            }

            @Override
            public long deadline() {
                return lastReceipt + timeout.toNanos() / 2;
            }

            @Override
            public String evidence(long at) {
                return "half of " + timeout.toMillis() + " ms";
            }
        };
    }
}
