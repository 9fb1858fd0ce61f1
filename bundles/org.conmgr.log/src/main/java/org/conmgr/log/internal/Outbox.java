package org.conmgr.log.internal;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import org.conmgr.api.log.LogMessage;
import org.jspecify.annotations.Nullable;

/**
 * The messages that wait for one destination, in order. Bounded: when full, the newest is dropped and counted, and a
 * notice takes the place of what is missing. Any thread may add; every method holds the monitor for moments only.
 */
final class Outbox {
    private final int capacity;
    private final Queue<Entry> entries = new ArrayDeque<>();
    private Instant lastDropAt = Instant.EPOCH;
    private long dropped;
    private long failed;
    private long written;
    private long lost;

    Outbox(int capacity) {
        this.capacity = capacity;
    }

    synchronized void add(Instant at, LogMessage message) {
        if (entries.size() >= capacity) {
            dropped++;
            lost++;
            lastDropAt = at;
            return;
        }
        if (dropped > 0) {
            entries.add(dropNotice());
        }
        entries.add(Entry.of(at, message));
        notifyAll();
    }

    /** Takes the first, without waiting; null when nothing is there. */
    synchronized @Nullable Entry poll() {
        Entry first = entries.poll();
        return first == null && dropped > 0 ? dropNotice() : first;
    }

    private Entry dropNotice() {
        Entry notice = Entry.notice(lastDropAt, dropped);
        dropped = 0;
        return notice;
    }

    /** Forgets what waits. */
    synchronized void clear() {
        entries.clear();
        dropped = 0;
        failed = 0;
    }

    synchronized void wasWritten(Entry entry) {
        if (!entry.isNotice()) {
            written++;
        }
    }

    /** The sink could not write it: the next one that can be written is preceded by a notice. */
    synchronized void wasNotWritten(Entry entry) {
        failed += Math.max(1, entry.lost());
        if (!entry.isNotice()) {
            lost++;
        }
    }

    /** How many messages were not written and are not yet told of. */
    synchronized long untold() {
        return failed;
    }

    synchronized void wasTold(long count) {
        failed -= count;
    }

    synchronized int waiting() {
        return entries.size();
    }

    synchronized long written() {
        return written;
    }

    synchronized long lost() {
        return lost;
    }
}
