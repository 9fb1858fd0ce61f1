package org.conmgr.log.internal;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;

/** A sink in memory, that a test may stop and break. */
final class RecordingSink implements LogSink {
    private final String destination;
    private final List<String> headlines = new CopyOnWriteArrayList<>();
    private final List<Instant> times = new CopyOnWriteArrayList<>();
    private final AtomicInteger writers = new AtomicInteger();
    private final AtomicInteger attempts = new AtomicInteger();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile boolean broken;
    private volatile boolean shared;
    private volatile Thread writer = Thread.currentThread();

    RecordingSink(String destination) {
        this.destination = destination;
    }

    @Override
    public String destination() {
        return destination;
    }

    @Override
    public void write(Instant at, LogMessage message) throws IOException {
        shared |= writers.incrementAndGet() > 1;
        writer = Thread.currentThread();
        attempts.incrementAndGet();
        try {
            gate.await();
            if (broken) {
                throw new IOException("broken");
            }
            headlines.add(message.headline());
            times.add(at);
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        } finally {
            writers.decrementAndGet();
        }
    }

    /** Every write waits from now on. */
    void stop() {
        gate = new CountDownLatch(1);
    }

    /** The waiting write, and those to come, go on. */
    void goOn() {
        gate.countDown();
    }

    void breakDown(boolean down) {
        broken = down;
    }

    List<String> headlines() {
        return headlines;
    }

    List<Instant> times() {
        return times;
    }

    int attempts() {
        return attempts.get();
    }

    /** Whether two threads ever wrote at the same time. */
    boolean wasShared() {
        return shared;
    }

    Thread lastWriter() {
        return writer;
    }
}
