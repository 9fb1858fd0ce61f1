package org.conmgr.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Time that moves only when a test says so: a timer, a wall clock and a {@code nanoTime} that always agree. What is
 * due runs on the thread that calls {@link #advance}, in the order of its due time, then of its submission; an
 * exception from a task goes to its future, as with a real timer. Thread-safe.
 */
public final class VirtualClock extends AbstractExecutorService implements ScheduledExecutorService, InstantSource {
    private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

    private final PriorityQueue<Task<?>> tasks = new PriorityQueue<>();
    private long nanos;
    private long submitted;
    private boolean shutdown;

    /** Moves time on and runs what falls due, each task at its own moment. */
    public void advance(Duration time) {
        long until;
        synchronized (this) {
            until = nanos + time.toNanos();
        }
        for (Task<?> task = nextDue(until); task != null; task = nextDue(until)) {
            task.run();
        }
        synchronized (this) {
            nanos = until;
        }
    }

    /** Runs what is due now. */
    public void runDue() {
        advance(Duration.ZERO);
    }

    /** In place of {@link System#nanoTime}. */
    public synchronized long nanoTime() {
        return nanos;
    }

    @Override
    public synchronized Instant instant() {
        return START.plusNanos(nanos);
    }

    /** How many tasks wait for their time. */
    public synchronized int pending() {
        return tasks.size();
    }

    private synchronized @Nullable Task<?> nextDue(long until) {
        Task<?> task = tasks.peek();
        if (task == null || task.due > until) {
            return null;
        }
        tasks.remove();
        nanos = Math.max(nanos, task.due);
        return task;
    }

    private synchronized <T> ScheduledFuture<T> add(Callable<T> work, long delay, long period, TimeUnit unit) {
        if (shutdown) {
            throw new RejectedExecutionException("the clock was shut down");
        }
        Task<T> task = new Task<>(work, nanos + unit.toNanos(Math.max(0, delay)), unit.toNanos(period));
        tasks.add(task);
        return task;
    }

    private synchronized void addAgain(Task<?> task, long due) {
        if (!shutdown) {
            task.due = due;
            task.order = ++submitted;
            tasks.add(task);
        }
    }

    private synchronized void drop(Task<?> task) {
        tasks.remove(task);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return add(callable(command), delay, 0, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return add(callable, delay, 0, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return add(callable(command), initialDelay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return add(callable(command), initialDelay, -delay, unit);
    }

    private static Callable<@Nullable Void> callable(Runnable command) {
        return () -> {
            command.run();
            return null;
        };
    }

    @Override
    public void execute(Runnable command) {
        schedule(command, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public synchronized void shutdown() {
        shutdown = true;
        tasks.clear();
    }

    @Override
    public synchronized List<Runnable> shutdownNow() {
        List<Runnable> left = new ArrayList<>(tasks);
        shutdown();
        return left;
    }

    @Override
    public synchronized boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return isShutdown();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return isShutdown();
    }

    private final class Task<T> extends FutureTask<T> implements RunnableScheduledFuture<T> {
        private final long period;
        private long due;
        private long order;

        private Task(Callable<T> work, long due, long period) {
            super(work);
            this.due = due;
            this.period = period;
            this.order = ++submitted;
        }

        @Override
        public void run() {
            if (period == 0) {
                super.run();
            } else if (runAndReset()) {
                addAgain(this, period > 0 ? due + period : nanoTime() - period);
            }
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            drop(this);
            return super.cancel(mayInterrupt);
        }

        @Override
        public boolean isPeriodic() {
            return period != 0;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            Task<?> task = (Task<?>) other;
            int byTime = Long.compare(due, task.due);
            return byTime == 0 ? Long.compare(order, task.order) : byTime;
        }
    }
}
