package org.conmgr.watchdog.internal;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.watchdog.LinkPublisher;
import org.conmgr.api.watchdog.WatchdogView;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the instance's {@code pgx_stat_watchdog} up to date, on a thread of its own: at once when links come and go, else
 * every second, as long as the instance is there.
 */
final class Publication implements AutoCloseable {
    private static final long PERIOD = TimeUnit.MILLISECONDS.toNanos(1000);
    private static final long MIN_GAP = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long RETRY = TimeUnit.MILLISECONDS.toNanos(5000);

    /** At most this part of the time goes into publishing, however many links there are. */
    private static final int SHARE = 20;

    private static final long CLOSE_MILLIS = 1000;

    private final String name;
    private final Supplier<LinkPublisher.Connection> publisher;
    private final Supplier<List<WatchdogView.Link>> links;
    private final MessageLog log;
    private final Thread thread;

    // Guarded by this.
    private boolean there;
    private int lives;
    private boolean closed;
    private long notBefore = System.nanoTime();
    private long due = notBefore;

    /** Belongs to the thread; cut by close() too. */
    private volatile LinkPublisher.@Nullable Connection connection;

    /** Why it could not publish when that was last said; belongs to the thread. */
    private String failure = "";

    /** {@code publisher} opens a connection, for each life of the instance another one. */
    Publication(
            String name,
            Supplier<LinkPublisher.Connection> publisher,
            Supplier<List<WatchdogView.Link>> links,
            MessageLog log) {
        this.name = name;
        this.publisher = publisher;
        this.links = links;
        this.log = log;
        thread = new Thread(this::publishForEver, "watchdog-" + name + "-view");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** The instance is there, perhaps another one than before. */
    synchronized void instanceThere() {
        there = true;
        lives++;
        notBefore = System.nanoTime();
        due = notBefore;
        notifyAll();
    }

    synchronized void instanceLost() {
        there = false;
    }

    /** Links have come or gone. Does not block. */
    synchronized void linksChanged() {
        // What is told as come or gone just now is in the list of links a moment later.
        due = Math.min(due, System.nanoTime() + MIN_GAP / 2);
        notifyAll();
    }

    private void publishForEver() {
        try {
            int opened = 0;
            for (int life = awaitTurn(); life > 0; life = awaitTurn()) {
                LinkPublisher.Connection current = connection;
                if (current == null || life != opened) {
                    if (current != null) {
                        current.close();
                    }
                    current = publisher.get();
                    connection = current;
                    opened = life;
                }
                long start = System.nanoTime();
                boolean done = publish(current);
                over(start, done);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Only close() interrupts.
        } finally {
            withdraw();
        }
    }

    /** Waits until something is to be published. Returns which life of the instance this is, 0 when closed. */
    private synchronized int awaitTurn() throws InterruptedException {
        while (!closed) {
            long now = System.nanoTime();
            long left = Math.max(due, notBefore) - now;
            if (!there) {
                wait();
            } else if (left <= 0) {
                due = now + PERIOD;
                return lives;
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
        return 0;
    }

    private synchronized void over(long start, boolean done) {
        long now = System.nanoTime();
        notBefore = now + (done ? Math.max(MIN_GAP, SHARE * (now - start)) : RETRY);
    }

    private boolean publish(LinkPublisher.Connection current) {
        try {
            current.publish(links.get());
            failure = "";
            return true;
        } catch (IOException e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(failure)) {
                failure = why; // Tried every few seconds, said once.
                log.log(Message.VIEW_NOT_KEPT, name, why);
            }
        } catch (RuntimeException e) {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the view of watchdog \"" + name + "\"", e)
                    .withCause(e));
        }
        return false;
    }

    private void withdraw() {
        LinkPublisher.Connection current = connection;
        if (current != null) {
            try {
                current.publish(List.of());
            } catch (IOException e) {
                // The instance is gone, or shows what it has for three seconds more.
                log.log(Message.VIEW_NOT_KEPT, name, String.valueOf(e.getMessage()));
            } finally {
                current.close();
            }
        }
    }

    /** Withdraws what the view shows and ends the thread. Idempotent; waits for at most a second. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        LinkPublisher.Connection current = connection;
        if (current != null) {
            current.close();
        }
        thread.interrupt();
    }
}
