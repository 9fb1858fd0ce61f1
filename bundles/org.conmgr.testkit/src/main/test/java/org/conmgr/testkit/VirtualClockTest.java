package org.conmgr.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import org.junit.jupiter.api.Test;

class VirtualClockTest {
    private final VirtualClock clock = new VirtualClock();
    private final List<String> ran = new ArrayList<>();

    @Test
    void runsWhatIsDueInOrderEachAtItsMoment() {
        Instant start = clock.instant();
        clock.schedule(() -> note("b", start), 2, SECONDS);
        clock.schedule(() -> note("a", start), 1, SECONDS);
        clock.schedule(() -> note("b2", start), 2, SECONDS);
        clock.schedule(() -> note("never", start), 4, SECONDS);
        clock.advance(Duration.ofSeconds(3));
        assertThat(ran).containsExactly("a@1", "b@2", "b2@2");
        assertThat(clock.nanoTime()).isEqualTo(SECONDS.toNanos(3));
        assertThat(clock.pending()).isEqualTo(1);
    }

    @Test
    void runsWhatATaskSchedulesWithinTheSameAdvance() {
        Instant start = clock.instant();
        clock.schedule(() -> clock.schedule(() -> note("inner", start), 1, SECONDS), 1, SECONDS);
        clock.advance(Duration.ofSeconds(5));
        assertThat(ran).containsExactly("inner@2");
    }

    @Test
    void repeatsUntilCancelled() {
        Instant start = clock.instant();
        ScheduledFuture<?> beat = clock.scheduleAtFixedRate(() -> note("beat", start), 1, 2, SECONDS);
        clock.advance(Duration.ofSeconds(6));
        beat.cancel(false);
        clock.advance(Duration.ofSeconds(6));
        assertThat(ran).containsExactly("beat@1", "beat@3", "beat@5");
        assertThat(clock.pending()).isZero();
    }

    @Test
    void aFailingTaskDoesNotStopTheOthers() {
        Instant start = clock.instant();
        clock.execute(() -> {
            throw new IllegalStateException("expected");
        });
        clock.execute(() -> note("next", start));
        clock.runDue();
        assertThat(ran).containsExactly("next@0");
    }

    private void note(String what, Instant start) {
        ran.add(what + "@" + Duration.between(start, clock.instant()).toSeconds());
    }
}
