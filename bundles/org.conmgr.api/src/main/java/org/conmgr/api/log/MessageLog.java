package org.conmgr.api.log;

import org.osgi.annotation.versioning.ProviderType;

/** Where every component says what it has to say. An OSGi service. Never blocks, on any thread. */
@ProviderType
public interface MessageLog {
    /** Writes the message if its severity is at least {@code log_min_messages}. */
    void log(LogMessage message);

    /** Shorthand for a message with nothing but its values. */
    default void log(Message message, Object... values) {
        log(LogMessage.of(message, values));
    }
}
