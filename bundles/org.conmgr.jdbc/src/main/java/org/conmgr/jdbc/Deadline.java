package org.conmgr.jdbc;

import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * When something must be done; in {@link System#nanoTime()}.
 *
 * @param start when it was set
 * @param nanos how long after that, {@link Long#MAX_VALUE} for never
 */
record Deadline(long start, long nanos) implements Comparable<Deadline> {
    static final Deadline NEVER = new Deadline(0, Long.MAX_VALUE);

    /** 0 means never, as in pgjdbc's timeouts. */
    static Deadline afterMillis(long millis) {
        return millis <= 0 ? NEVER : new Deadline(System.nanoTime(), TimeUnit.MILLISECONDS.toNanos(millis));
    }

    boolean bounded() {
        return nanos != Long.MAX_VALUE;
    }

    boolean passed() {
        return nanosLeft() <= 0;
    }

    /** Not above 0 when passed, {@link Long#MAX_VALUE} when never. */
    long nanosLeft() {
        return bounded() ? nanos - (System.nanoTime() - start) : Long.MAX_VALUE;
    }

    /** An equal part of what is left. */
    Deadline share(int among) {
        return bounded() ? new Deadline(System.nanoTime(), Math.max(0, nanosLeft() / among)) : this;
    }

    Deadline earlier(Deadline other) {
        return nanosLeft() <= other.nanosLeft() ? this : other;
    }

    /**
     * For the timeouts of sockets: at least 1, 0 when never.
     *
     * @throws SocketTimeoutException when passed
     */
    int socketMillis() throws SocketTimeoutException {
        long left = nanosLeft();
        if (left <= 0) {
            throw new SocketTimeoutException("no time left");
        }
        return bounded() ? (int) Math.max(1, Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(left))) : 0;
    }

    /** The earlier one is less. Of bounded ones only. */
    @Override
    public int compareTo(Deadline other) {
        return Long.signum(start - other.start + (nanos - other.nanos));
    }

    /** How long it was from the start, for messages: {@code 1.5 s}. */
    @Override
    public String toString() {
        return bounded() ? String.format(Locale.ROOT, "%.1f s", nanos / 1e9) : "never";
    }
}
