package org.conmgr.log.internal;

import java.time.Instant;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Shows every message in Karaf's log too ({@code log:tail}), by the logger {@code org.conmgr}. */
final class Slf4jBridge implements LogSink {
    private final Logger logger;

    Slf4jBridge() {
        this(LoggerFactory.getLogger("org.conmgr"));
    }

    Slf4jBridge(Logger logger) {
        this.logger = logger;
    }

    @Override
    public String destination() {
        return "karaf";
    }

    @Override
    public void write(Instant at, LogMessage message) {
        logger.atLevel(level(message)).log(String.join("\n", message.paragraphs()));
    }

    private static Level level(LogMessage message) {
        return switch (message.message().severity()) {
            case DEBUG -> Level.DEBUG;
            case INFO, NOTICE, LOG -> Level.INFO;
            case WARNING -> Level.WARN;
            case ERROR, FATAL, PANIC -> Level.ERROR;
        };
    }
}
