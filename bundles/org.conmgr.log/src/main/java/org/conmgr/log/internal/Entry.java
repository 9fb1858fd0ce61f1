package org.conmgr.log.internal;

import java.time.Instant;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;

/**
 * What waits in an {@link Outbox}.
 *
 * @param lost 0 for a message; for the notice of a loss, how many messages are missing in this place
 */
record Entry(Instant at, LogMessage message, long lost) {
    static Entry of(Instant at, LogMessage message) {
        return new Entry(at, message, 0);
    }

    static Entry notice(Instant at, long lost) {
        return new Entry(at, LogMessage.of(Message.MESSAGES_LOST, lost), lost);
    }

    boolean isNotice() {
        return lost > 0;
    }
}
