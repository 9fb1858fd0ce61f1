package org.conmgr.jdbc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.conmgr.direct.protocol.Frame;
import org.jspecify.annotations.Nullable;

/**
 * The one daemon thread that listens to every conmgr for all connections of this class loader, and that rings when a
 * connect has taken too long. It starts with the first connection and ends by itself when there has been nothing to do
 * for a while, so that neither an idle nor an unloaded application keeps it.
 */
final class Watcher {
    static final System.Logger LOG = System.getLogger("org.conmgr.jdbc");

    static final Watcher SHARED = new Watcher(threads("conmgr-jdbc-watcher"), Duration.ofSeconds(1), Selector::open);

    /** Where selectors come from. */
    interface Selectors {
        Selector open() throws IOException;
    }

    /** Something to be done at a time; cancelled when it has become needless. */
    final class Alarm implements Comparable<Alarm> {
        private final Deadline deadline;
        private final Runnable action;

        private Alarm(Deadline deadline, Runnable action) {
            this.deadline = deadline;
            this.action = action;
        }

        /** Too late for one that has just come due: its action may still run, and must see for itself. */
        void cancel() {
            synchronized (lock) {
                alarms.remove(this);
            }
        }

        @Override
        public int compareTo(Alarm other) {
            return deadline.compareTo(other.deadline);
        }
    }

    private final Object lock = new Object();
    private final ThreadFactory threads;
    private final Duration linger;
    private final Selectors selectors;
    private final Set<Watch> watches = new HashSet<>();
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();

    /** There exactly while the thread is. */
    private @Nullable Selector selector;

    /**
     * @param threads makes the thread, anew whenever there is something to do again
     * @param linger how long the thread stays when there is nothing to do
     */
    Watcher(ThreadFactory threads, Duration linger, Selectors selectors) {
        this.threads = threads;
        this.linger = linger;
        this.selectors = selectors;
    }

    /** Daemons with neither the context class loader nor the inheritable thread locals of whoever connects first. */
    static ThreadFactory threads(String name) {
        return task -> {
            Thread thread = new Thread(null, task, name, 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(null);
            return thread;
        };
    }

    /**
     * Watches an ask connection, which belongs to the watch from now on, also when this fails.
     *
     * @throws IOException the system has no more file descriptors, or the channel was closed
     * @throws OutOfMemoryError also when the system has no more threads; the next call tries anew
     */
    Watch watch(SocketChannel channel, Watch.Listener listener) throws IOException {
        try {
            synchronized (lock) {
                Selector running = running();
                Watch watch = new Watch(channel, listener, running, this);
                watches.add(watch);
                running.wakeup();
                return watch;
            }
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    /** A watch is closed. */
    void forget(Watch watch) {
        synchronized (lock) {
            if (watches.remove(watch) && selector != null) {
                // The selector holds the file descriptor until it has looked at it.
                selector.wakeup();
            }
        }
    }

    /**
     * Rings at a deadline that is bounded, on the watcher's thread: the action must not block.
     *
     * @throws IOException the system has no more file descriptors
     * @throws OutOfMemoryError also when the system has no more threads; the next call tries anew
     */
    Alarm alarm(Deadline deadline, Runnable action) throws IOException {
        synchronized (lock) {
            Selector running = running();
            Alarm alarm = new Alarm(deadline, action);
            alarms.add(alarm);
            if (alarms.peek() == alarm) {
                running.wakeup();
            }
            return alarm;
        }
    }

    private Selector running() throws IOException {
        Selector running = selector;
        if (running == null) {
            Selector mine = selectors.open();
            boolean started = false;
            try {
                threads.newThread(() -> run(mine)).start();
                started = true;
            } finally {
                if (!started) {
                    end(mine);
                }
            }
            running = mine;
            selector = mine;
        }
        return running;
    }

    private void run(Selector mine) {
        ByteBuffer buffer = ByteBuffer.allocate(2 * (1 + Frame.MAX_LENGTH));
        long idleSince = System.nanoTime();
        while (true) {
            List<Alarm> due = new ArrayList<>();
            long wait;
            synchronized (lock) {
                for (Alarm next = alarms.peek(); next != null && next.deadline.passed(); next = alarms.peek()) {
                    due.add(alarms.remove());
                }
                Alarm next = alarms.peek();
                boolean busy = next != null || !due.isEmpty() || !watches.isEmpty();
                idleSince = busy ? System.nanoTime() : idleSince;
                long idleLeft = linger.toNanos() - (System.nanoTime() - idleSince);
                if (!busy && idleLeft <= 0) {
                    end(mine);
                    return;
                }
                wait = next != null ? next.deadline.nanosLeft() : busy ? 0 : idleLeft;
            }
            due.forEach(alarm -> guard(alarm.action));
            if (!due.isEmpty()) {
                continue;
            }
            try {
                mine.select(key -> serve(key, buffer), wait == 0 ? 0 : Math.max(1, millis(wait)));
            } catch (IOException | RuntimeException | Error e) {
                replace(mine, e);
                return;
            }
        }
    }

    private static long millis(long nanos) {
        // Rounded up: a wait that ends before the alarm is due only begins another.
        return TimeUnit.NANOSECONDS.toMillis(nanos + 999_999);
    }

    private static void serve(SelectionKey key, ByteBuffer buffer) {
        Watch watch = (Watch) key.attachment();
        if (watch != null && !guard(() -> watch.ready(buffer))) {
            guard(() -> watch.lose("its watcher failed"));
        }
    }

    /** One connection's failure must not end the watch of all. False when it failed. */
    private static boolean guard(Runnable action) {
        try {
            action.run();
            return true;
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "the watcher of conmgr failed for one connection", e);
            return false;
        }
    }

    /** The selector is broken: whoever it watched is unwatched, and is told so. A new one serves the rest. */
    private void replace(Selector broken, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, "the watcher of conmgr failed", failure);
        List<Watch> lost;
        List<Alarm> unheard = List.of();
        synchronized (lock) {
            lost = List.copyOf(watches);
            watches.clear();
            end(broken);
            if (!alarms.isEmpty()) {
                try {
                    running();
                } catch (IOException | RuntimeException | Error e) {
                    // Too early for them, but later nobody would ring.
                    LOG.log(System.Logger.Level.ERROR, "no new watcher of conmgr", e);
                    unheard = List.copyOf(alarms);
                    alarms.clear();
                }
            }
        }
        lost.forEach(watch -> guard(() -> watch.lose("its watcher failed: " + failure)));
        unheard.forEach(alarm -> guard(alarm.action));
    }

    private void end(Selector mine) {
        selector = null;
        try {
            mine.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "closing the selector", e);
        }
    }
}
