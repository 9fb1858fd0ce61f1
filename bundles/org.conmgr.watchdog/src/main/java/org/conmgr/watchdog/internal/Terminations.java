package org.conmgr.watchdog.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Peer;
import org.conmgr.watchdog.internal.WatchdogSettings.Occasion;
import org.conmgr.watchdog.internal.WatchdogSettings.Scope;

/**
 * Decides which backends a lost conmgr costs, and ends them on a thread of its own, over a connection that was open
 * before it was needed. An order that fails is tried again for a while; whoever began after the loss is spared, however
 * long it takes.
 */
final class Terminations implements AutoCloseable {
    private static final long RETRY_MILLIS = 1000;
    private static final long RECONNECT_MILLIS = 5000;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int MAX_ORDERS = 10_000;

    /** @param since when the conmgr was lost, by {@link System#nanoTime} */
    private record Order(Loss loss, long since) {
        InetAddress host() {
            return address(loss.peer());
        }

        /** What it had registered; a port may be another session's by now. */
        Termination.Sessions sessions() {
            return new Termination.Sessions(loss.sessions(), since);
        }
    }

    private final WatchdogSettings settings;
    private final Terminator.Connection connection;
    private final Predicate<InetAddress> beats;
    private final MessageLog log;
    private final Duration patience;
    private final ScheduledThreadPoolExecutor executor;
    private final AtomicLong terminated = new AtomicLong();

    /** Those that said they are to be back, or leave in peace, and are not back; each until its time is over. */
    private final Set<Order> awaited = ConcurrentHashMap.newKeySet();

    private volatile boolean there;

    /** Why it could not connect when that was last said; belongs to the executor's thread. */
    private String notReady = "";

    /** {@code beats} tells whether any conmgr from an address has a link now. */
    Terminations(
            WatchdogSettings settings, Terminator.Connection connection, Predicate<InetAddress> beats, MessageLog log) {
        this(settings, connection, beats, log, PATIENCE);
    }

    /** @param patience how long an order that fails is tried again */
    Terminations(
            WatchdogSettings settings,
            Terminator.Connection connection,
            Predicate<InetAddress> beats,
            MessageLog log,
            Duration patience) {
        this.settings = settings;
        this.connection = connection;
        this.beats = beats;
        this.log = log;
        this.patience = patience;
        executor = new ScheduledThreadPoolExecutor(1, body -> {
            Thread thread = new Thread(body, "watchdog-" + settings.name() + "-terminator");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.scheduleWithFixedDelay(
                () -> supervised(this::connect), RECONNECT_MILLIS, RECONNECT_MILLIS, TimeUnit.MILLISECONDS);
    }

    long terminated() {
        return terminated.get();
    }

    /** The instance is there: be connected before it is needed, from now on. Does not block. */
    void instanceThere() {
        there = true;
        run(0, this::connect);
    }

    void instanceLost() {
        there = false;
    }

    private void connect() {
        if (!there) {
            return;
        }
        try {
            connection.connect();
            notReady = "";
        } catch (IOException e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(notReady)) {
                notReady = why; // Tried every few seconds, said once.
                log.log(Message.TERMINATOR_NOT_READY, settings.name(), why);
            }
        }
    }

    /** Orders what this loss costs. Does not block. */
    void lost(Loss loss) {
        if (loss.verdict().reason() == VerdictReason.UNAUTHENTICATED) {
            return; // It lives, and may not have a link any more: what is demanded of links has changed.
        }
        if (!settings.terminateOn().contains(occasion(loss)) || settings.scope() == Scope.NONE) {
            return;
        }
        Order order = new Order(loss, System.nanoTime());
        if (loss.awaited() && !settings.restartGrace().isZero()) {
            awaited.add(order);
            boolean waits = run(settings.restartGrace().toMillis(), () -> {
                if (awaited.remove(order)) {
                    begin(order, System.nanoTime()); // Its host may have died since.
                }
            });
            if (!waits) {
                awaited.remove(order);
            }
        } else {
            run(0, () -> begin(order, order.since()));
        }
    }

    /** A conmgr has a link: if it was awaited, it is back, and costs nobody anything. */
    void established(Peer peer) {
        awaited.removeIf(order -> order.loss().peer().id().equals(peer.id()));
    }

    /** @param before to this point its host may have had sessions, by {@link System#nanoTime} */
    private void begin(Order order, long before) {
        Termination all = new Termination.Address(order.host(), before);
        terminate(order, all, order.loss().hostAlive() || settings.scope() == Scope.SESSIONS, System.nanoTime(), true);
    }

    private static Occasion occasion(Loss loss) {
        return switch (loss.verdict().reason()) {
            case TIMED_OUT -> Occasion.TIMED_OUT;
            case SHUT_DOWN_BY_PEER -> Occasion.SHUT_DOWN;
            default -> Occasion.CLOSED;
        };
    }

    /**
     * Ends {@code all} of its host, or what it had registered.
     *
     * @param begun when it was first tried, by {@link System#nanoTime}
     */
    private void terminate(Order order, Termination all, boolean registeredOnly, long begun, boolean first) {
        Loss loss = order.loss();
        // A client that came back while the order waited has sessions of its own, which are not to be ended.
        boolean sessionsOnly = registeredOnly || beats.test(order.host());
        if (sessionsOnly && loss.sessions().isEmpty()) {
            return;
        }
        Termination what = sessionsOnly ? order.sessions() : all;
        try {
            Terminated result = connection.terminate(what);
            terminated.addAndGet(result.ended());
            log.log(Message.BACKENDS_TERMINATED, result.ended(), whose(loss, sessionsOnly));
            if (result.refused() > 0) {
                log.log(Message.BACKENDS_SPARED, result.refused(), whose(loss, sessionsOnly));
            }
        } catch (IOException e) {
            boolean last = System.nanoTime() - begun >= patience.toNanos();
            if (first || last) {
                log.log(Message.TERMINATION_FAILED, whose(loss, sessionsOnly), String.valueOf(e.getMessage()));
            }
            if (!last) {
                run(RETRY_MILLIS, () -> terminate(order, all, sessionsOnly, begun, false));
            }
        }
    }

    private static String whose(Loss loss, boolean sessionsOnly) {
        return (sessionsOnly ? "the sessions of conmgr \"" : "all clients at the address of conmgr \"")
                + loss.peer().name()
                + "\" at "
                + loss.peer().addressText();
    }

    private static InetAddress address(Peer peer) {
        return peer.address().getAddress();
    }

    /** False if it will not be done; the log says why. */
    private boolean run(long delayMillis, Runnable work) {
        if (executor.getQueue().size() >= MAX_ORDERS) {
            log.log(Message.TERMINATION_FAILED, "a lost conmgr", MAX_ORDERS + " orders wait already");
            return false;
        }
        try {
            executor.schedule(() -> supervised(work), delayMillis, TimeUnit.MILLISECONDS);
            return true;
        } catch (RejectedExecutionException e) {
            // Closed meanwhile: a watchdog that stops ends nobody's backends.
            log.log(Message.WATCHDOG_STOPPED, settings.name());
            return false;
        }
    }

    private void supervised(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            log.log(LogMessage.of(
                            Message.SUPERVISED_FAILURE, "the terminator of watchdog \"" + settings.name() + "\"", e)
                    .withCause(e));
        }
    }

    /** Ends the thread; a blocked order is woken. Idempotent; waits for at most a second. */
    @Override
    public void close() {
        executor.shutdownNow();
        connection.close();
        try {
            executor.awaitTermination(Duration.ofSeconds(1).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
