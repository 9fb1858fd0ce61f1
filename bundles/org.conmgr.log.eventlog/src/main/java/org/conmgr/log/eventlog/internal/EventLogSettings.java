package org.conmgr.log.eventlog.internal;

import java.util.regex.Pattern;
import org.conmgr.api.setting.InvalidSetting;

/**
 * The settings of the event log sink.
 *
 * @param source {@code event_source}
 */
record EventLogSettings(String source) {
    /** What may be the name of a registry key. */
    private static final Pattern SOURCE = Pattern.compile("[^\\p{Cntrl}\\\\]{1,255}");

    /** @throws InvalidSetting if it cannot be used */
    static EventLogSettings of(EventLogConfiguration configuration) {
        String source = configuration.event__source().strip();
        if (!SOURCE.matcher(source).matches()) {
            throw new InvalidSetting("event_source", source, "1 to 255 characters, none of them a backslash");
        }
        return new EventLogSettings(source);
    }
}
