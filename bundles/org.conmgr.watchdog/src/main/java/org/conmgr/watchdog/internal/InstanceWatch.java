package org.conmgr.watchdog.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.NotAsked;
import org.conmgr.api.watchdog.Observation;
import org.jspecify.annotations.Nullable;

/**
 * Checks one instance, for ever, on a thread of its own; a second thread watches the first when there is a
 * check_timeout; a third connects anew now and then. Between checks it waits on the kept connection, which wakes it when
 * the instance dies.
 */
final class InstanceWatch implements AutoCloseable {
    /** Told on the three threads; {@link #knocked} at any time, the others one call at a time. */
    interface Listener {
        void observed(Observation observation);

        /** The check under way has had no answer for check_timeout; {@link #observed} follows if one ever comes. */
        void unanswered(Duration timeout);

        /**
         * The instance has been tried for new connections.
         *
         * @param refusal why it has not taken any, twice in a row; empty when it has
         */
        void knocked(String refusal);
    }

    private static final long MIN_BACKOFF_MILLIS = 50;
    private static final long MAX_BACKOFF_MILLIS = 500;
    private static final long FATAL_BACKOFF_MILLIS = 10_000;
    private static final long SECOND_KNOCK_MILLIS = 1_000;
    private static final String NO_SLOT = "no connection slot is free for ordinary roles";
    private static final long NO_CHECK = Long.MIN_VALUE;

    private final String name;
    private final AttributeChecker.Connection connection;
    private final Duration interval;
    private final Duration timeout;
    private final Duration knockInterval;
    private final Listener listener;
    private final MessageLog log;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread checker;
    private final Thread supervisor;
    private final Thread knocker;

    /** Whether it has been said that this host lacks what it takes to ask; until it has it again. */
    private final AtomicBoolean lackTold = new AtomicBoolean();

    /** What the last check saw; null while the instance is lost. */
    private volatile Observation.@Nullable Seen seen;

    // Guarded by this, so that "unanswered" and "observed" cannot overtake each other.
    private long checkStarted = NO_CHECK;
    private boolean told;

    InstanceWatch(
            String name,
            AttributeChecker.Connection connection,
            Duration interval,
            Duration timeout,
            Duration knockInterval,
            Listener listener,
            MessageLog log) {
        this.name = name;
        this.connection = connection;
        this.interval = interval;
        this.timeout = timeout;
        this.knockInterval = knockInterval;
        this.listener = listener;
        this.log = log;
        checker = daemon("watchdog-" + name + "-checker", this::checkForEver);
        supervisor = daemon("watchdog-" + name + "-check-timeout", this::superviseForEver);
        knocker = daemon("watchdog-" + name + "-knocker", this::knockForEver);
    }

    private static Thread daemon(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        return thread;
    }

    void start() {
        checker.start();
        if (!timeout.isZero()) {
            supervisor.start();
        }
        if (!knockInterval.isZero()) {
            knocker.start();
        }
    }

    private void checkForEver() {
        long backoff = MIN_BACKOFF_MILLIS;
        boolean lacking = false;
        while (closed.getCount() > 0) {
            try {
                Observation observation = check();
                if (lacking) {
                    lacking = false;
                    lackTold.set(false);
                }
                if (observation instanceof Observation.Seen) {
                    backoff = MIN_BACKOFF_MILLIS;
                    connection.idle(interval);
                } else if (closed.await(
                        observation instanceof Observation.Lost lost && lost.fatal() ? FATAL_BACKOFF_MILLIS : backoff,
                        TimeUnit.MILLISECONDS)) {
                    return;
                } else {
                    backoff = Math.min(2 * backoff, MAX_BACKOFF_MILLIS);
                }
            } catch (NotAsked e) {
                lacking = true;
                lacks(e);
                if (pause(backoff)) {
                    return;
                }
                backoff = Math.min(2 * backoff, MAX_BACKOFF_MILLIS);
            } catch (InterruptedException e) {
                return; // Only close() interrupts.
            } catch (RuntimeException e) {
                failed("the attribute checker", e);
                if (pause(MAX_BACKOFF_MILLIS)) {
                    return;
                }
            }
        }
    }

    private Observation check() throws NotAsked {
        synchronized (this) {
            checkStarted = System.nanoTime();
            told = false;
        }
        Observation observation;
        try {
            observation = connection.check();
        } finally {
            synchronized (this) {
                checkStarted = NO_CHECK;
            }
        }
        seen = observation instanceof Observation.Seen found ? found : null;
        synchronized (this) {
            if (closed.getCount() > 0) {
                listener.observed(observation);
            }
        }
        return observation;
    }

    private void superviseForEver() {
        long step = Math.max(5, timeout.toMillis() / 10);
        while (!pause(step)) {
            try {
                synchronized (this) {
                    if (checkStarted != NO_CHECK
                            && !told
                            && System.nanoTime() - checkStarted >= timeout.toNanos()
                            && closed.getCount() > 0) {
                        told = true;
                        listener.unanswered(timeout);
                    }
                }
            } catch (RuntimeException e) {
                failed("the supervisor of checks", e);
            }
        }
    }

    private void knockForEver() {
        long interval = knockInterval.toMillis();
        String before = "";
        while (!pause(before.isEmpty() ? interval : Math.min(interval, SECOND_KNOCK_MILLIS))) {
            try {
                Observation.Seen now = seen;
                if (now == null) {
                    before = ""; // There is nobody to knock at.
                    continue;
                }
                String refusal = now.progress().freeSlots() == 0 ? NO_SLOT : knock();
                if (refusal.isEmpty() || !before.isEmpty()) {
                    listener.knocked(refusal);
                }
                before = refusal;
            } catch (NotAsked e) {
                lacks(e);
            } catch (RuntimeException e) {
                failed("the try for new connections", e);
            }
        }
    }

    private String knock() throws NotAsked {
        String refusal = connection.knock();
        lackTold.set(false);
        return refusal;
    }

    /** What was seen of the instance last stands. Tried several times a second, said once. */
    private void lacks(NotAsked e) {
        if (lackTold.compareAndSet(false, true)) {
            log.log(Message.INSTANCE_NOT_ASKED, name, String.valueOf(e.getMessage()));
        }
    }

    private void failed(String what, RuntimeException e) {
        log.log(LogMessage.of(Message.SUPERVISED_FAILURE, what + " of watchdog \"" + name + "\"", e)
                .withCause(e));
    }

    /** True when closed. */
    private boolean pause(long millis) {
        try {
            return closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true; // Only close() interrupts.
        }
    }

    /** Ends both threads; a blocked check is woken. Idempotent. */
    @Override
    public void close() {
        closed.countDown();
        connection.close();
        checker.interrupt();
        supervisor.interrupt();
        knocker.interrupt();
    }
}
