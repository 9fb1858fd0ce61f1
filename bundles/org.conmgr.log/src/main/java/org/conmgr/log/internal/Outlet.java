package org.conmgr.log.internal;

import static java.util.Comparator.comparing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.LogStatus;
import org.jspecify.annotations.Nullable;

/**
 * One destination: its messages and the sink that takes them. Of several sinks for the same destination one writes:
 * of several versions of one bundle the highest; of different bundles the one of the highest {@code service.ranking},
 * among equals the oldest. When it goes, the next takes over.
 */
final class Outlet {
    private final String name;
    private final Outbox outbox;
    private final Duration patience;
    private final BiConsumer<Outlet, LogMessage> complaints;

    private final List<Bound> sinks = new ArrayList<>();
    private volatile @Nullable Courier courier;
    private boolean absenceTold;

    /**
     * @param capacity how many messages it keeps
     * @param patience how long a sink that goes may take to write what waits
     * @param complaints takes the message that this outlet's sink has begun to fail
     */
    Outlet(String name, int capacity, Duration patience, BiConsumer<Outlet, LogMessage> complaints) {
        this.name = name;
        this.outbox = new Outbox(capacity);
        this.patience = patience;
        this.complaints = complaints;
    }

    String name() {
        return name;
    }

    /** Never blocks. */
    void offer(Instant at, LogMessage message) {
        outbox.add(at, message);
    }

    /** Never blocks. */
    boolean hasSink() {
        return courier != null;
    }

    synchronized void attach(LogSink sink, Origin origin) {
        sinks.add(new Bound(sink, origin));
        sinks.sort(comparing(Bound::origin, Origin.BEST_FIRST));
        absenceTold = false;
        chooseSink();
    }

    /** Once this returns the sink is given nothing more. With no other sink it first writes what waits. */
    synchronized void detach(LogSink sink) {
        sinks.removeIf(bound -> bound.sink == sink);
        chooseSink();
    }

    private void chooseSink() {
        Courier old = courier;
        LogSink best = best();
        if (old != null && old.sink() == best) {
            return;
        }
        if (old != null) {
            // With another sink at hand nothing is lost when the rest is left to it.
            old.end(best == null);
            old.await(System.nanoTime() + patience.toNanos());
        }
        courier = best == null
                ? null
                : Courier.start(name, outbox, best, complaint -> complaints.accept(this, complaint));
    }

    private @Nullable LogSink best() {
        for (Bound bound : sinks) {
            if (sinks.stream().noneMatch(other -> other.origin.replaces(bound.origin))) {
                return bound.sink;
            }
        }
        return null;
    }

    /** Whether the absence of a sink is to be told: once, until one comes or {@link #forget}. */
    synchronized boolean tellsAbsence() {
        boolean tells = !hasSink() && !absenceTold;
        absenceTold |= tells;
        return tells;
    }

    /** The destination is not wanted any more: forgets what waits for a sink that is not there. */
    synchronized void forget() {
        absenceTold = false;
        if (courier == null) {
            outbox.clear();
        }
    }

    /** Ends without waiting: see {@link #await}. */
    void end() {
        Courier last = courier;
        if (last != null) {
            last.end(true);
        }
    }

    void await(long deadline) {
        Courier last = courier;
        if (last != null) {
            last.await(deadline);
        }
    }

    LogStatus.Destination status(boolean named) {
        return new LogStatus.Destination(name, named, hasSink(), outbox.waiting(), outbox.written(), outbox.lost());
    }

    private record Bound(LogSink sink, Origin origin) {}
}
