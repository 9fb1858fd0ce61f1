package org.conmgr.testkit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;

/** Keeps every message, whatever its severity, in the order logged. Thread-safe. */
public final class RecordingLog implements MessageLog {
    private final List<LogMessage> messages = new CopyOnWriteArrayList<>();

    @Override
    public void log(LogMessage message) {
        messages.add(message);
    }

    /** All messages so far. */
    public List<LogMessage> messages() {
        return List.copyOf(messages);
    }

    /** All messages so far of one entry of the catalogue. */
    public List<LogMessage> messages(Message entry) {
        return messages.stream().filter(message -> message.message() == entry).toList();
    }

    /** The texts of {@link #messages(Message)}. */
    public List<String> texts(Message entry) {
        return messages(entry).stream().map(LogMessage::text).toList();
    }
}
