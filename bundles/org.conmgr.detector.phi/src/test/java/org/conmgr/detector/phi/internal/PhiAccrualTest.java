package org.conmgr.detector.phi.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Random;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.testkit.FailureDetectorContract;
import org.junit.jupiter.api.Test;

class PhiAccrualTest extends FailureDetectorContract {
    private static final long MS = 1_000_000;
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    @Override
    protected FailureDetector detector() {
        return detector(50, 200);
    }

    private static FailureDetector detector(int minDeviation, int pause) {
        return new PhiAccrual(new PhiSettings(8, Duration.ofMillis(minDeviation), Duration.ofMillis(pause), 200));
    }

    private static double allowance(FailureDetector.Watch watch, long lastReceipt) {
        return (watch.deadline() - lastReceipt) / (double) MS;
    }

    @Test
    void beginsWithAGuess() {
        // A mean of 1000 ms and a deviation of 250 ms, until there are beats.
        assertThat(allowance(detector(50, 200).watch(INTERVAL, TIMEOUT, 0), 0))
                .isCloseTo(1000 + 200 + 5.612 * 250, within(0.1));
    }

    @Test
    void learnsThatBeatsAreRegular() {
        FailureDetector.Watch watch = detector(50, 200).watch(INTERVAL, TIMEOUT, 0);
        long now = 0;
        for (int beat = 0; beat < 500; beat++) {
            watch.beat(now += 1000 * MS, 0);
        }
        assertThat(allowance(watch, now)).isCloseTo(1000 + 200 + 5.612 * 50, within(0.1));
        assertThat(watch.evidence(watch.deadline()))
                .isEqualTo("phi 8.0, threshold 8.0: beats came every 1000.0 ms, deviation 50.0 ms, of 200");
    }

    @Test
    void learnsHowIrregularTheyAreAndForgetsItAgain() {
        FailureDetector.Watch watch = detector(1, 0).watch(INTERVAL, TIMEOUT, 0);
        Random random = new Random(3);
        long now = 0;
        for (int beat = 0; beat < 5000; beat++) {
            watch.beat(now += (long) ((1000 + random.nextGaussian() * 80) * MS), 0);
        }
        assertThat(allowance(watch, now)).isCloseTo(1000 + 5.612 * 80, within(80.0));
        for (int beat = 0; beat < 200; beat++) {
            watch.beat(now += 900 * MS, 0);
        }
        assertThat(allowance(watch, now)).isCloseTo(900 + 5.612, within(0.1));
    }

    /** Whether phi of 3 is wrong as seldom as it says, once in a thousand beats. */
    @Test
    void isWrongAsOftenAsItsThresholdSays() {
        FailureDetector.Watch watch = new PhiAccrual(new PhiSettings(3, Duration.ofMillis(1), Duration.ZERO, 10_000))
                .watch(INTERVAL, TIMEOUT, 0);
        Random random = new Random(5);
        long now = 0;
        int wrong = 0;
        for (int beat = 0; beat < 60_000; beat++) {
            now += (long) ((1000 + random.nextGaussian() * 20) * MS);
            if (beat >= 10_000 && watch.deadline() < now) {
                wrong++;
            }
            watch.beat(now, 0);
        }
        assertThat(wrong).isBetween(25, 100);
    }

    @Test
    void whatIsNoBeatPutsTheEndOffAndTeachesNothing() {
        FailureDetector.Watch watch = detector(50, 200).watch(INTERVAL, TIMEOUT, 0);
        long now = 0;
        for (int beat = 0; beat < 300; beat++) {
            now += 1000 * MS;
            for (int push = 9; push > 0; push--) {
                watch.heard(now - push * MS);
            }
            watch.beat(now, 0);
        }
        assertThat(allowance(watch, now)).isCloseTo(1000 + 200 + 5.612 * 50, within(0.1));
        watch.heard(now + 500 * MS);
        assertThat(allowance(watch, now + 500 * MS)).isCloseTo(1000 + 200 + 5.612 * 50, within(0.1));
    }
}
