package org.conmgr.api.log;

import java.io.IOException;
import java.time.Instant;
import org.osgi.annotation.versioning.ConsumerType;

/** A destination of messages. A plug-in, registered as an OSGi service. */
@ConsumerType
public interface LogSink {
    /** The word that {@code log_destination} chooses it by: {@code stderr}, {@code syslog}, {@code eventlog}. */
    String destination();

    /**
     * Writes one message. Called by one thread at a time, never by one that must not wait: it may block, and is
     * then simply late.
     *
     * @param at when the message was logged
     * @throws IOException if it could not be written; the message is counted as dropped for this sink
     */
    void write(Instant at, LogMessage message) throws IOException;
}
