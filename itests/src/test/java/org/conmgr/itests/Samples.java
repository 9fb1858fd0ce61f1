package org.conmgr.itests;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Times in nanoseconds, and what to say of them. Any thread may add. */
final class Samples {
    private final List<Long> nanos = new ArrayList<>();

    synchronized void add(long value) {
        nanos.add(value);
    }

    synchronized int count() {
        return nanos.size();
    }

    /** The smallest time that this share of all times does not exceed. */
    double percentile(double share) {
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        int rank = (int) Math.ceil(share * sorted.size());
        return sorted.get(Math.max(0, rank - 1)) / 1e6;
    }

    double min() {
        return Collections.min(nanos) / 1e6;
    }

    double max() {
        return Collections.max(nanos) / 1e6;
    }

    /** {@code     200      900.1     1000.3     1003.9     1010.7}: count, min, p50, p99, max in ms. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%7d %10.1f %10.1f %10.1f %10.1f",
                count(),
                min(),
                percentile(0.5),
                percentile(0.99),
                max());
    }
}
