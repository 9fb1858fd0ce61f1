package org.conmgr.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/**
 * Waits for a condition, never for a fixed time. The condition is asked on the calling thread every few milliseconds
 * and once more at the deadline; what never became true is an {@link AssertionError} that says so in words.
 */
public final class Await {
    /** How long the forms without a deadline wait: long enough for a busy machine, since success never waits for it. */
    public static final Duration DEADLINE = Duration.ofSeconds(10);

    private static final long POLL_NANOS = 2_000_000;

    private Await() {}

    /** Something that is or is not so. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    /**
     * Waits until the condition holds, at most {@link #DEADLINE}.
     *
     * @param what the condition in words, as in {@code "the link is up"}
     */
    public static void until(String what, Condition condition) {
        until(what, DEADLINE, condition);
    }

    /**
     * Waits until the condition holds. An exception of the condition ends the wait at once.
     *
     * @param what the condition in words, as in {@code "the link is up"}
     */
    public static void until(String what, Duration deadline, Condition condition) {
        passes(what, deadline, () -> {
            if (!condition.holds()) {
                throw new NotYet();
            }
        });
    }

    /** Repeats the assertions until they pass, at most {@link #DEADLINE}. */
    public static void passes(String what, Executable assertions) {
        passes(what, DEADLINE, assertions);
    }

    /**
     * Repeats the assertions until they pass; the last {@link AssertionError} is the cause of the failure. Any other
     * exception ends the wait at once.
     *
     * @param what what they assert, in words
     */
    public static void passes(String what, Duration deadline, Executable assertions) {
        long start = System.nanoTime();
        while (true) {
            boolean last = System.nanoTime() - start >= deadline.toNanos();
            AssertionError failure = attempt(what, assertions);
            if (failure == null) {
                return;
            }
            if (last) {
                String message = "not within " + deadline.toMillis() + " ms: " + what;
                throw failure instanceof NotYet ? new AssertionError(message) : new AssertionError(message, failure);
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting: " + what);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static @Nullable AssertionError attempt(String what, Executable assertions) {
        try {
            assertions.execute();
            return null;
        } catch (AssertionError e) {
            return e;
        } catch (Throwable e) {
            throw new AssertionError("failed while waiting: " + what, e);
        }
    }

    private static final class NotYet extends AssertionError {
        private static final long serialVersionUID = 1L;
    }
}
