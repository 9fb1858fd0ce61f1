package org.conmgr.api.log;

import java.util.List;
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

    /** {@code CM2001: text}: the id and the text, as they are. */
    public String headline() {
        return message.id() + ": " + text;
    }

    /**
     * What an administrator reads, in PostgreSQL's manner: {@code LOG:  CM2001: text}, then {@code DETAIL:  facts} and
     * {@code HINT:  what to do} where there are any. The causes are part of the detail; a stack trace, as {@code
     * BACKTRACE:}, comes only with internal errors (CM9xxx, ERROR and above).
     *
     * <p>Safe to write as it is: a line break is followed by a tab, so that no value forges a message of its own, and
     * other control characters are shown as {@code \x1b}.
     */
    public List<String> paragraphs() {
        return Paragraphs.of(this);
    }
}
