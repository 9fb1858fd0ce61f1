package org.conmgr.console.internal;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.conmgr.api.log.LogMessage;
import org.jspecify.annotations.Nullable;

/**
 * Tells of refused logins, with which strangers must not fill the log: the first at once, then at most one a second, the
 * last, with the number of those between. Thread-safe.
 */
final class Refusals {
    private final Consumer<LogMessage> log;
    private boolean quiet;
    private int untold;
    private @Nullable LogMessage last;

    Refusals(Consumer<LogMessage> log) {
        this.log = log;
    }

    /**
     * One login was refused.
     *
     * @param executor times the pause between two messages
     */
    void add(EventExecutor executor, LogMessage message) {
        synchronized (this) {
            if (quiet) {
                untold++;
                last = message;
                return;
            }
            quiet = true;
        }
        tell(executor, message);
    }

    private void tell(EventExecutor executor, LogMessage message) {
        executor.schedule(() -> pauseOver(executor), 1, TimeUnit.SECONDS);
        log.accept(message);
    }

    private void pauseOver(EventExecutor executor) {
        LogMessage summary;
        synchronized (this) {
            if (last == null) {
                quiet = false;
                return;
            }
            summary = last.withDetail("Refused since the last such message: " + untold + ".");
            last = null;
            untold = 0;
        }
        tell(executor, summary);
    }
}
