package org.conmgr.heartbeat.internal;

import java.time.Duration;
import org.conmgr.api.link.FailureDetector;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The guide's: {@code heartbeat_timeout} after anything last came. The default, which a {@link Pulse} does by itself;
 * as a detector of its own it can be the one in shadow.
 */
@Component(service = FailureDetector.class)
public final class FixedTimeout implements FailureDetector {
    static final String NAME = "fixed";

    @Activate
    public FixedTimeout() {
        // Needs nothing.
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Watch watch(Duration interval, Duration timeout, long now) {
        return new Fixed(timeout, now);
    }

    private static final class Fixed implements Watch {
        private final Duration timeout;
        private final long nanos;
        private long lastReceipt;

        Fixed(Duration timeout, long now) {
            this.timeout = timeout;
            nanos = timeout.toNanos();
            lastReceipt = now;
        }

        @Override
        public void beat(long now, long stall) {
            lastReceipt = now;
        }

        @Override
        public void heard(long now) {
            lastReceipt = now;
        }

        @Override
        public long deadline() {
            return lastReceipt + nanos;
        }

        @Override
        public String evidence(long now) {
            return "heartbeat_timeout " + timeout.toMillis() + " ms";
        }
    }
}
