package org.conmgr.cmctl;

import java.time.Duration;

/** A moment that waiting ends at. */
final class Deadline {
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(5);
    private static final Duration SHORTEST_ANSWER = Duration.ofSeconds(1);

    private final long nanos;

    private Deadline(long nanos) {
        this.nanos = nanos;
    }

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /** What is left, never negative. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }

    boolean isOver() {
        return left().isZero();
    }

    /** For one question among many: a last one, when little is left, gets the time that a good answer takes. */
    Deadline forOneAnswer() {
        Duration left = left();
        if (left.compareTo(LONGEST_ANSWER) > 0) {
            return in(LONGEST_ANSWER);
        }
        return in(left.compareTo(SHORTEST_ANSWER) < 0 ? SHORTEST_ANSWER : left);
    }
}
