package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.link.FailureDetector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every {@link FailureDetector} owes. Subclass it with a detector of yours. */
public abstract class FailureDetectorContract {
    private static final int BEATS = 1000;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final FailureDetector detector = detector();

    /** A new detector. */
    protected abstract FailureDetector detector();

    @Test
    void isChosenByALowerCaseWord() {
        assertThat(detector.name()).matches("[a-z0-9]+([-.][a-z0-9]+)*");
    }

    @ParameterizedTest
    @CsvSource({"200, 600, 0", "1000, 2000, 0", "10000, 20000, 5000000000000000000"})
    void bearsBeatsThatComeInTime(long interval, long timeout, long origin) {
        Random random = new Random(1);
        long now = origin;
        FailureDetector.Watch watch = watch(interval, timeout, now);
        for (int beat = 1; beat <= BEATS; beat++) {
            long next = origin + beat * interval * MS + random.nextInt(5) * MS;
            assertThat(watch.deadline()).as("before beat %d", beat).isGreaterThan(next);
            watch.beat(next, 0);
            now = next;
        }
        assertThat(watch.deadline()).isGreaterThan(now);
    }

    @ParameterizedTest
    @CsvSource({"200, 600", "1000, 2000", "10000, 20000"})
    void givesUpASilentPeerSomeTime(long interval, long timeout) {
        FailureDetector.Watch never = watch(interval, timeout, 0);
        assertThat(never.deadline()).as("of one that never beats").isBetween(1L, 20 * timeout * MS);
        FailureDetector.Watch some = watch(interval, timeout, 0);
        some.beat(interval * MS, 0);
        assertThat(some.deadline()).isBetween(interval * MS + 1, 20 * timeout * MS);
    }

    @Test
    void anythingThatComesPutsTheEndOff() {
        FailureDetector.Watch watch = watch(1000, 2000, 0);
        watch.beat(1000 * MS, 0);
        long deadline = watch.deadline();
        watch.heard(1500 * MS);
        assertThat(watch.deadline()).isGreaterThan(deadline);
    }

    @Test
    void askingChangesNothing() {
        FailureDetector.Watch watch = watch(1000, 2000, 0);
        watch.beat(1000 * MS, 0);
        long deadline = watch.deadline();
        String evidence = watch.evidence(deadline);
        assertThat(watch.deadline()).isEqualTo(deadline);
        assertThat(watch.evidence(deadline)).isEqualTo(evidence).matches("\\P{Cc}{0,200}");
        assertThat(watch.evidence(1000 * MS)).matches("\\P{Cc}{0,200}");
    }

    @Test
    void linksDoNotLearnFromEachOther() {
        FailureDetector.Watch one = watch(1000, 2000, 0);
        long deadline = one.deadline();
        FailureDetector.Watch other = watch(1000, 2000, 0);
        for (int beat = 1; beat <= BEATS; beat++) {
            other.beat(beat * 1700L * MS, 0);
        }
        assertThat(one.deadline()).isEqualTo(deadline);
    }

    /** After a pause of this process the peer's beats come all at once; none of that is the peer's doing. */
    @Test
    void anOwnStallTeachesNothing() {
        FailureDetector.Watch steady = watch(1000, 2000, 0);
        FailureDetector.Watch stalled = watch(1000, 2000, 0);
        long now = 0;
        for (int beat = 1; beat <= 50; beat++) {
            now = beat * 1000L * MS;
            steady.beat(now, 0);
            stalled.beat(now, 0);
        }
        stalled.beat(now + 30_000 * MS, 29_000 * MS);
        assertThat(stalled.deadline() - (now + 30_000 * MS)).isEqualTo(steady.deadline() - now);
    }

    private FailureDetector.Watch watch(long interval, long timeout, long now) {
        return detector.watch(Duration.ofMillis(interval), Duration.ofMillis(timeout), now);
    }
}
