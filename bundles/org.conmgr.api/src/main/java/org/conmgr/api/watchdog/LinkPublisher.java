package org.conmgr.api.watchdog;

import java.io.IOException;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Shows the links of watchdogs inside their instances, as the view {@code pgx_stat_watchdog}. A plug-in, registered as
 * an OSGi service; one serves many watchdogs.
 */
@ConsumerType
public interface LinkPublisher {
    /** How the links get into the instance. */
    enum Way {
        /** By a file if the watchdog's system user may write it, else by SQL. */
        AUTO,
        /** By a file in the data directory. */
        FILE,
        /** By a function of the extension, on a session of its own. */
        SQL
    }

    /** One watchdog's. Used by one thread at a time, except {@link #close()}, which wakes the one that blocks. */
    @ConsumerType
    interface Connection extends AutoCloseable {
        /**
         * Replaces what the instance shows; an empty list withdraws all. The view takes what is older than 3 seconds
         * for a dead watchdog's, so this is to be repeated every second. Takes seconds at most.
         *
         * @throws IOException if there is no way; its message says why
         */
        void publish(List<WatchdogView.Link> links) throws IOException;

        /** Withdraws nothing. Idempotent, does not block. */
        @Override
        void close();
    }

    /**
     * Prepares a connection; opens nothing yet, never blocks.
     *
     * @param watchdog its name
     */
    Connection open(String watchdog, InstanceAccess access, Way way);
}
