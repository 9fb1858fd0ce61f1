package org.conmgr.config;

import org.conmgr.api.log.Message;
import org.conmgr.api.log.Severity;

/**
 * One thing that is wrong, or odd, in a {@code conmgr.conf}.
 *
 * @param message the catalogue's entry; its severity is the problem's
 * @param file the file's name, without its directory
 * @param line from 1; 0 when the problem is the whole file's
 * @param text {@code heartbeat_interval: 0 (expected: an integer >= 1)}
 */
public record Problem(Message message, String file, int line, String text) {
    public Severity severity() {
        return message.severity();
    }

    /** Whether the file cannot be used because of it. */
    public boolean isError() {
        return severity() == Severity.ERROR;
    }

    /** {@code conmgr.conf:12}, or {@code conmgr.conf} for the whole file. */
    public String where() {
        return line == 0 ? file : file + ":" + line;
    }

    /** {@code conmgr.conf:12: heartbeat_interval: 0 (expected: an integer >= 1)}. */
    @Override
    public String toString() {
        return where() + ": " + text;
    }
}
