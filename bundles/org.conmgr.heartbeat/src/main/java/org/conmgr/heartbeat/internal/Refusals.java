package org.conmgr.heartbeat.internal;

import io.netty.util.concurrent.EventExecutorGroup;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.jspecify.annotations.Nullable;

/**
 * The log of refused links, which strangers must not be able to fill: of each address the first refusal in an interval
 * is told at once, of a few addresses; what comes beside is counted and told as one line when the interval ends.
 */
final class Refusals {
    static final int MAX_ADDRESSES = 10;

    private final String watchdog;
    private final MessageLog log;
    private final EventExecutorGroup timers;
    private final long intervalMillis;

    // Guarded by this.
    private final Set<InetAddress> told = new HashSet<>();
    private long untold;
    private String last = "";
    private @Nullable Future<?> end;

    Refusals(String watchdog, MessageLog log, EventExecutorGroup timers, long intervalMillis) {
        this.watchdog = watchdog;
        this.log = log;
        this.timers = timers;
        this.intervalMillis = intervalMillis;
    }

    /**
     * Tells or counts a refusal.
     *
     * @param message what would be told of it alone
     * @param what what the summary says if this is the last: {@code 192.0.2.7:4711: no Hello}
     */
    synchronized void add(InetAddress address, LogMessage message, String what) {
        if (end == null) {
            end = timers.schedule(this::over, intervalMillis, TimeUnit.MILLISECONDS);
        }
        if (told.size() < MAX_ADDRESSES && told.add(address)) {
            log.log(message);
        } else {
            untold++;
            last = what;
        }
    }

    private synchronized void over() {
        end = null;
        tell();
    }

    private void tell() {
        if (untold > 0) {
            log.log(Message.LINKS_REFUSED, watchdog, untold, intervalMillis / 1000, last);
        }
        untold = 0;
        told.clear();
    }

    /** Tells what has not been told. Idempotent. */
    synchronized void close() {
        if (end != null) {
            end.cancel(false);
            end = null;
        }
        tell();
    }
}
