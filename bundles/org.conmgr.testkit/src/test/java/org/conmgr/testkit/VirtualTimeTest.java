package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private final VirtualTime time = new VirtualTime();
    private final List<String> ran = new ArrayList<>();

    private Runnable note(String name) {
        return () -> ran.add(name + "@" + TimeUnit.NANOSECONDS.toMillis(time.nanoTime()));
    }

    @Test
    void clockAndNanoTimeTellTheSameTime() {
        time.advance(Duration.ofMillis(1500));

        assertThat(time.clock().instant()).isEqualTo("2026-11-22T12:00:01.500Z");
        assertThat(time.nanoTime()).isEqualTo(1_500_000_000L);
    }

    @Test
    void runsTasksInTheOrderTheyAreDueEachAtItsOwnTime() {
        time.scheduler().schedule(note("late"), 30, TimeUnit.MILLISECONDS);
        time.scheduler().schedule(note("early"), 10, TimeUnit.MILLISECONDS);
        time.scheduler().schedule(note("early too"), 10, TimeUnit.MILLISECONDS);
        time.scheduler().schedule(note("too late"), 31, TimeUnit.MILLISECONDS);

        time.advance(Duration.ofMillis(30));

        assertThat(ran).containsExactly("early@10", "early too@10", "late@30");
        assertThat(time.pending()).isOne();
    }

    @Test
    void runsWhatATaskSchedulesWithinTheSameSpan() {
        time.scheduler()
                .schedule(
                        () -> time.scheduler().schedule(note("second"), 5, TimeUnit.MILLISECONDS),
                        5,
                        TimeUnit.MILLISECONDS);

        time.advance(Duration.ofMillis(20));

        assertThat(ran).containsExactly("second@10");
    }

    @Test
    void executeRunsWhenAsked() {
        time.scheduler().execute(note("now"));
        assertThat(ran).isEmpty();

        time.runDue();

        assertThat(ran).containsExactly("now@0");
    }

    @Test
    void repeatsAtARateUntilCancelled() {
        ScheduledFuture<?> beat = time.scheduler().scheduleAtFixedRate(note("beat"), 0, 10, TimeUnit.MILLISECONDS);
        time.advance(Duration.ofMillis(20));
        beat.cancel(false);
        time.advance(Duration.ofMillis(20));

        assertThat(ran).containsExactly("beat@0", "beat@10", "beat@20");
        assertThat(time.pending()).isZero();
    }

    @Test
    void aTaskThatThrowsIsNotRepeated() {
        ScheduledFuture<?> task = time.scheduler()
                .scheduleWithFixedDelay(
                        () -> {
                            ran.add("once");
                            throw new IllegalStateException("broken");
                        },
                        1,
                        1,
                        TimeUnit.MILLISECONDS);
        time.advance(Duration.ofMillis(5));

        assertThat(ran).containsExactly("once");
        assertThatThrownBy(task::get).hasRootCauseMessage("broken");
    }

    @Test
    void refusesTasksOnceShutDown() {
        time.scheduler().shutdown();

        assertThatThrownBy(() -> time.scheduler().execute(note("never")))
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(time.scheduler().isTerminated()).isTrue();
    }
}
