package org.conmgr.embedded;

import java.time.Duration;
import java.util.function.Supplier;

/** Waits for a condition that only polling can see. */
final class Await {
    /** Long, as it is only reached when something is wrong; a busy machine must not reach it. */
    static final Duration LIMIT = Duration.ofMinutes(1);

    private static final long POLL_MILLIS = 5;

    /** What is waited for; it may give up early by throwing. */
    interface Condition {
        boolean holds() throws Exception;
    }

    private Await() {}

    /** Returns when the condition holds; throws with the message when it does not within the limit. */
    static void until(Duration limit, Supplier<String> message, Condition condition) {
        if (!within(limit, condition)) {
            throw new EmbeddedPostgresException(message.get() + " within " + limit.toMillis() + " ms");
        }
    }

    /** Whether the condition held within the limit. */
    static boolean within(Duration limit, Condition condition) {
        long start = System.nanoTime();
        try {
            while (!condition.holds()) {
                if (System.nanoTime() - start > limit.toNanos()) {
                    return false;
                }
                Thread.sleep(POLL_MILLIS);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("interrupted", e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new EmbeddedPostgresException(String.valueOf(e.getMessage()), e);
        }
    }
}
