package org.conmgr.detector.phi.internal;

import java.time.Duration;
import java.util.Locale;
import org.conmgr.api.link.FailureDetector;

/** The detector; its formula stands in the package description. */
final class PhiAccrual implements FailureDetector {
    static final String NAME = "phi";

    private final PhiSettings settings;

    /** How many deviations above the mean the threshold lies. */
    private final double z;

    PhiAccrual(PhiSettings settings) {
        this.settings = settings;
        z = NormalTail.z(settings.threshold());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Watch watch(Duration interval, Duration timeout, long now) {
        return new Link(interval.toNanos(), now);
    }

    private final class Link implements Watch {
        /** The last intervals, as a ring. */
        private final long[] intervals = new long[settings.samples()];

        private int count;
        private int next;
        private long lastBeat;
        private long lastReceipt;
        private double mean;
        private double deviation;

        Link(long interval, long now) {
            lastBeat = now;
            lastReceipt = now;
            // A guess with a deviation of a quarter, until there are beats.
            add(interval - interval / 4);
            add(interval + interval / 4);
            estimate();
        }

        private void add(long interval) {
            intervals[next] = interval;
            next = (next + 1) % intervals.length;
            count = Math.min(count + 1, intervals.length);
        }

        /** Anew with each beat, not carried forward: no error adds up, and it is a few hundred additions. */
        private void estimate() {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += intervals[i];
            }
            mean = sum / count;
            double squares = 0;
            for (int i = 0; i < count; i++) {
                squares += (intervals[i] - mean) * (intervals[i] - mean);
            }
            deviation = Math.max((double) settings.minDeviation().toNanos(), Math.sqrt(squares / count));
        }

        @Override
        public void beat(long now, long stall) {
            if (stall == 0) {
                add(now - lastBeat);
                estimate();
            }
            lastBeat = now;
            lastReceipt = now;
        }

        @Override
        public void heard(long now) {
            lastReceipt = now;
        }

        @Override
        public long deadline() {
            return lastReceipt + (long) (center() + z * deviation);
        }

        private double center() {
            return mean + settings.acceptablePause().toNanos();
        }

        @Override
        public String evidence(long now) {
            return String.format(
                    Locale.ROOT,
                    "phi %.1f, threshold %.1f: beats came every %.1f ms, deviation %.1f ms, of %d",
                    NormalTail.phi((now - lastReceipt - center()) / deviation),
                    settings.threshold(),
                    mean / 1e6,
                    deviation / 1e6,
                    count);
        }
    }
}
