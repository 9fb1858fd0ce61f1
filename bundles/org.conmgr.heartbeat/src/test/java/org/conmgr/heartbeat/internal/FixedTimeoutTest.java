package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.testkit.FailureDetectorContract;
import org.junit.jupiter.api.Test;

class FixedTimeoutTest extends FailureDetectorContract {
    @Override
    protected FailureDetector detector() {
        return new FixedTimeout();
    }

    @Test
    void bearsExactlyTheTimeout() {
        FailureDetector.Watch watch = detector().watch(Duration.ofSeconds(1), Duration.ofSeconds(2), 7);
        assertThat(watch.deadline()).isEqualTo(2_000_000_007L);
        watch.beat(1_000_000_000L, 0);
        assertThat(watch.deadline()).isEqualTo(3_000_000_000L);
        watch.heard(1_500_000_000L);
        assertThat(watch.deadline()).isEqualTo(3_500_000_000L);
    }
}
