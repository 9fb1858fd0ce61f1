package org.conmgr.listener;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.conmgr.api.log.LogMessage;
import org.jspecify.annotations.Nullable;

/**
 * Tells of what strangers can cause and must not fill the log with: the first at once, then at most one a second, the
 * last, with the number of those since the message before. Thread-safe.
 */
public final class Throttle {
    private final Consumer<LogMessage> log;
    private final String what;
    private boolean quiet;
    private int untold;
    private @Nullable LogMessage last;

    /** @param what for people, of those that are only counted: {@code Refused} */
    public Throttle(Consumer<LogMessage> log, String what) {
        this.log = log;
        this.what = what;
    }

    /**
     * It happened once more.
     *
     * @param executor times the pause between two messages
     */
    public void add(EventExecutor executor, LogMessage message) {
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
            summary = last.withDetail(what + " since the last such message: " + untold + ".");
            last = null;
            untold = 0;
        }
        tell(executor, summary);
    }
}
