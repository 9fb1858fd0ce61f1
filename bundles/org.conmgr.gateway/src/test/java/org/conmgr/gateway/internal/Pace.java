package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** How long the queries of one client took, microseconds. */
record Pace(int count, long median, long max) {
    private static final int QUERIES = 500;

    /** Asks some queries, one after the other. */
    static Pace of(RawClient client) throws IOException {
        long[] took = new long[QUERIES];
        for (int i = 0; i < took.length; i++) {
            took[i] = query(client);
        }
        return of(took);
    }

    static Pace of(long[] took) {
        Arrays.sort(took);
        return new Pace(took.length, took[took.length / 2], took[took.length - 1]);
    }

    /** Asks one query; returns how long it took. */
    static long query(RawClient client) throws IOException {
        long start = System.nanoTime();
        assertThat(client.query("select 1")).isEqualTo("1\n");
        return TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start);
    }

    /** That it is of the order of the pace without others; the machine may be busy with more than this. */
    void assertNotSlowed(Pace alone) {
        assertThat(median).isLessThan(20_000 + 10 * alone.median);
    }

    @Override
    public String toString() {
        return count + " queries, median " + median + " us, slowest " + max + " us";
    }
}
