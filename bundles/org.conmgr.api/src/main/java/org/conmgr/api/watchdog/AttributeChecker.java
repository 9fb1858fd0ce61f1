package org.conmgr.api.watchdog;

import java.time.Duration;
import org.osgi.annotation.versioning.ConsumerType;

/** Learns the attributes of instances. A plug-in, registered as an OSGi service; one serves many watchdogs. */
@ConsumerType
public interface AttributeChecker {
    /**
     * One watchdog's kept connection. Used by one thread at a time, except {@link #knock()}, for which there may be
     * another one, and {@link #close()}, which may come from any and wakes those that block.
     */
    @ConsumerType
    interface Connection extends AutoCloseable {
        /**
         * Asks the instance, (re)connecting first when needed. Blocks for as long as the instance takes. Never throws
         * for what the instance does or does not answer: that is an {@link Observation.Lost}.
         *
         * @throws NotAsked if this host lacks what it takes to ask
         */
        Observation check() throws NotAsked;

        /**
         * Waits until the next check is due, or returns earlier, as soon as it learns that the connection is lost.
         *
         * @throws InterruptedException if interrupted
         */
        void idle(Duration interval) throws InterruptedException;

        /**
         * Connects anew, beside the kept connection, and leaves at once. Blocks for seconds at most.
         *
         * @return why the instance takes no new connections; empty when it does, also when it only refuses this one for
         *     a reason of its own, as a wrong password
         * @throws NotAsked if this host lacks what it takes to connect
         */
        String knock() throws NotAsked;

        @Override
        void close();
    }

    /** Prepares a connection; opens nothing yet, never blocks. */
    Connection open(InstanceAccess access);
}
