package org.conmgr.api.log;

import java.io.IOException;
import java.time.Instant;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A destination of messages. A plug-in, registered as an OSGi service; {@code docs/write-your-own-sink.md} shows one.
 *
 * <p>A sink is a part of the log: it must not refer to {@link MessageLog} or log by other ways; what is wrong, it says in
 * the exceptions of {@link #write}. One that holds something open is {@link AutoCloseable}: {@code close} may come during
 * a write, on another thread, after which this and every later write ends with an {@link IOException}.
 */
@ConsumerType
public interface LogSink {
    /**
     * The word that {@code log_destination} chooses it by: {@code stderr}, {@code syslog}, {@code eventlog}. Lower-case
     * letters, digits, {@code _} and {@code .}; always the same.
     */
    String destination();

    /**
     * Writes one message. Called by one thread at a time, never by one that must not wait: it may block, and is
     * then simply late. The thread is interrupted when the write has to end at once.
     *
     * @param at when the message was logged
     * @param message its {@link LogMessage#paragraphs} are what there is to write
     * @throws IOException if it could not be written; the message is counted as lost for this sink
     */
    void write(Instant at, LogMessage message) throws IOException;
}
