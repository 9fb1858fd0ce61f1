package org.conmgr.log.internal;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.Message;
import org.jspecify.annotations.Nullable;

/** Carries messages from an outbox to one sink, on a daemon thread of its own that no exception ends. */
final class Courier implements Runnable {
    /** A sink that fails and recovers all the time is complained of this often at most. */
    private static final Duration QUIET = Duration.ofMinutes(1);

    private final String name;
    private final Outbox outbox;
    private final LogSink sink;
    private final Consumer<LogMessage> complaints;
    private final Thread thread;

    /** Once ending, no more than the allowance is taken. Both guarded by the outbox. */
    private boolean ending;

    private int allowance;

    /** Of the courier's own thread. */
    private boolean failing;

    private Instant lastComplaint = Instant.MIN;

    private Courier(String name, Outbox outbox, LogSink sink, Consumer<LogMessage> complaints) {
        this.name = name;
        this.outbox = outbox;
        this.sink = sink;
        this.complaints = complaints;
        thread = new Thread(this, "conmgr-log-" + name);
        thread.setDaemon(true);
    }

    /** @param complaints takes the message that the sink has begun to fail, on the courier's thread */
    static Courier start(String name, Outbox outbox, LogSink sink, Consumer<LogMessage> complaints) {
        Courier courier = new Courier(name, outbox, sink, complaints);
        courier.thread.start();
        return courier;
    }

    LogSink sink() {
        return sink;
    }

    @Override
    public void run() {
        while (true) {
            try {
                Entry entry = next();
                if (entry == null) {
                    return;
                }
                deliver(entry);
            } catch (InterruptedException e) {
                // Sent by await(), which has ended this courier before; anyone else's is none of ours.
            }
        }
    }

    /** Waits for the next message; null when this courier is to end. */
    private @Nullable Entry next() throws InterruptedException {
        synchronized (outbox) {
            while (!ending || allowance > 0) {
                Entry entry = outbox.poll();
                if (entry != null) {
                    allowance--;
                    return entry;
                }
                if (ending) {
                    return null;
                }
                outbox.wait();
            }
            return null;
        }
    }

    private void deliver(Entry entry) {
        try {
            long untold = outbox.untold();
            if (untold > 0) {
                sink.write(entry.at(), LogMessage.of(Message.MESSAGES_LOST, untold));
                outbox.wasTold(untold);
            }
            sink.write(entry.at(), entry.message());
            outbox.wasWritten(entry);
            failing = false;
        } catch (Throwable e) {
            outbox.wasNotWritten(entry);
            if (!failing && !isEnding()) {
                complain(entry.at(), e);
            }
            failing = true;
        }
    }

    private void complain(Instant at, Throwable reason) {
        if (lastComplaint.isAfter(at.minus(QUIET))) {
            return;
        }
        lastComplaint = at;
        complaints.accept(
                reason instanceof IOException
                        ? LogMessage.of(
                                Message.SINK_FAILED, name, Objects.requireNonNullElse(reason.getMessage(), reason))
                        : LogMessage.of(Message.SUPERVISED_FAILURE, "log destination \"" + name + "\"", reason)
                                .withCause(reason));
    }

    private boolean isEnding() {
        synchronized (outbox) {
            return ending;
        }
    }

    /**
     * Makes it end, without waiting: see {@link #await}.
     *
     * @param drain whether it still writes what waits now, or only what it has in hand
     */
    void end(boolean drain) {
        synchronized (outbox) {
            // One more than waits: the notice of a loss is not counted.
            int wanted = drain ? outbox.waiting() + 1 : 0;
            allowance = ending ? Math.min(allowance, wanted) : wanted;
            ending = true;
            outbox.notifyAll();
        }
    }

    /**
     * Waits until it has ended, and interrupts it at the deadline. A sink that does not react to that keeps the thread
     * until its write returns; nothing more is written to it.
     *
     * @param deadline in the time of {@link System#nanoTime}
     */
    void await(long deadline) {
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            // At least a moment, since a join of 0 waits for ever.
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            end(false);
            thread.interrupt();
        }
    }
}
