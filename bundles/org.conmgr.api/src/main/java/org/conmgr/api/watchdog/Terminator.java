package org.conmgr.api.watchdog;

import java.io.IOException;
import org.osgi.annotation.versioning.ConsumerType;

/** Ends backends of dead clients. A plug-in, registered as an OSGi service; one serves many watchdogs. */
@ConsumerType
public interface Terminator {
    /** One watchdog's kept connection. Used by one thread at a time, except {@link #close()}. */
    @ConsumerType
    interface Connection extends AutoCloseable {
        /**
         * Opens the connection if it is not open or no longer, so that it is there when it is needed. Cheap when it
         * is: meant to be called now and then.
         *
         * @throws IOException if the instance cannot be reached or the role lacks a right; its message names why
         */
        void connect() throws IOException;

        /**
         * Ends the backends, (re)connecting first when needed: all that its role may end. Takes seconds at most, also
         * when the instance does not answer.
         *
         * @throws IOException if the instance cannot be reached or refuses; nothing more is known of what was ended
         */
        Terminated terminate(Termination termination) throws IOException;

        @Override
        void close();
    }

    /** Prepares a connection; opens nothing yet, never blocks. */
    Connection open(InstanceAccess access);
}
