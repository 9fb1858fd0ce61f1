package org.conmgr.listener.internal;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;

/** Says that a connection was one too many: the first at once, then at most one message a second that counts. */
final class TooManyConnections {
    private final Consumer<LogMessage> log;
    private boolean quiet;
    private int unsaid;
    private String lastPeer = "";
    private int lastOpen;

    TooManyConnections(Consumer<LogMessage> log) {
        this.log = log;
    }

    /**
     * One connection was closed.
     *
     * @param executor times the pause between two messages
     * @param open connections that stay open
     */
    void closed(EventExecutor executor, String peer, int open) {
        synchronized (this) {
            if (quiet) {
                unsaid++;
                lastPeer = peer;
                lastOpen = open;
                return;
            }
            quiet = true;
        }
        log.accept(LogMessage.of(Message.TOO_MANY_CONNECTIONS, peer, open));
        pause(executor);
    }

    private void pause(EventExecutor executor) {
        executor.schedule(() -> pauseOver(executor), 1, TimeUnit.SECONDS);
    }

    private void pauseOver(EventExecutor executor) {
        LogMessage summary;
        synchronized (this) {
            if (unsaid == 0) {
                quiet = false;
                return;
            }
            summary = LogMessage.of(Message.TOO_MANY_CONNECTIONS, lastPeer, lastOpen)
                    .withDetail("Closed since the last such message: " + unsaid + ".");
            unsaid = 0;
        }
        log.accept(summary);
        pause(executor);
    }
}
