package org.conmgr.api.log;

import org.jspecify.annotations.Nullable;

/**
 * One message, ready to be written.
 *
 * @param message its entry in the catalogue: id and severity
 * @param text the catalogue's text with its values filled in
 * @param detail more facts; null when there are none
 * @param hint what to do; null when the catalogue has none
 * @param cause what went wrong inside; null when nothing did
 */
public record LogMessage(
        Message message,
        String text,
        @Nullable String detail,
        @Nullable String hint,
        @Nullable Throwable cause) {

    public static LogMessage of(Message message, Object... values) {
        return new LogMessage(message, message.fill(values), null, message.hint(), null);
    }

    public LogMessage withDetail(String facts) {
        return new LogMessage(message, text, facts, hint, cause);
    }

    public LogMessage withCause(Throwable reason) {
        return new LogMessage(message, text, detail, hint, reason);
    }
}
