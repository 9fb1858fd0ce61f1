package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** A thread that does something blocking. */
final class Worker {
    private static final Set<String> WAITING = Set.of("poll", "read0", "wait");
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Thread thread;
    private volatile @Nullable Throwable failure;
    private volatile long end;

    private Worker(Executable work) {
        thread = new Thread(
                () -> {
                    try {
                        work.execute();
                    } catch (Throwable e) {
                        failure = e;
                    }
                    end = System.nanoTime();
                },
                "worker");
        thread.setDaemon(true);
    }

    /** Starts it; it may have ended by now. */
    static Worker launch(Executable work) {
        Worker worker = new Worker(work);
        worker.thread.start();
        return worker;
    }

    /** Starts it and waits until it waits for something. */
    static Worker start(Executable work) {
        Worker worker = launch(work);
        Await.until("the worker waits for a socket or a monitor", () -> {
            if (!worker.thread.isAlive()) {
                throw new IllegalStateException("it ended without waiting", worker.failure);
            }
            return worker.waits();
        });
        return worker;
    }

    /** A thread in a read is runnable to the JVM; what it is doing is on top of its stack. */
    private boolean waits() {
        StackTraceElement[] stack = thread.getStackTrace();
        return stack.length > 0 && WAITING.contains(stack[0].getMethodName());
    }

    boolean waitsStill() {
        return thread.isAlive() && waits();
    }

    void interrupt() {
        thread.interrupt();
    }

    /** When it ended, as {@link System#nanoTime} tells. */
    long awaitEnd() throws InterruptedException {
        thread.join(LIMIT.toMillis());
        assertThat(thread.isAlive()).as("still at work").isFalse();
        assertThat(failure).isNull();
        return end;
    }

    @Nullable
    Throwable awaitFailure() throws InterruptedException {
        thread.join(LIMIT.toMillis());
        assertThat(thread.isAlive()).as("still at work").isFalse();
        return failure;
    }
}
