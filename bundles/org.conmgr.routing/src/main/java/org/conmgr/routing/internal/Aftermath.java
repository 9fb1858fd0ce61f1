package org.conmgr.routing.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.conmgr.api.log.LogMessage;

/** What follows from a change of the books: collected under the lock, done when it is free. */
final class Aftermath {
    private List<BookedSession> told = List.of();
    private List<LogMessage> messages = List.of();

    void tell(BookedSession session) {
        if (told.isEmpty()) {
            told = new ArrayList<>();
        }
        told.add(session);
    }

    void log(LogMessage message) {
        if (messages.isEmpty()) {
            messages = new ArrayList<>();
        }
        messages.add(message);
    }

    void run(Consumer<LogMessage> log) {
        for (BookedSession session : told) {
            session.deliver();
        }
        messages.forEach(log);
    }
}
