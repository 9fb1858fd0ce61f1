package org.conmgr.log.stderr.internal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * {@code log_destination=stderr}: lines as PostgreSQL writes them with its default {@code log_line_prefix}, in UTF-8 and
 * the time zone of the process.
 *
 * <pre>{@code
 * 2026-11-22 12:00:00.123 UTC [4711] LOG:  CM3006: heartbeat link from 10.0.0.1 refused: 32 links are open
 * 2026-11-22 12:00:00.123 UTC [4711] HINT:  Raise max_heartbeat_connections.
 * }</pre>
 */
@Component(service = LogSink.class)
public final class StderrSink implements LogSink, AutoCloseable {
    private final OutputStream stream;
    private final DateTimeFormatter time;
    private final long pid;
    private volatile boolean closed;

    @Activate
    public StderrSink() {
        // Not System.err: it swallows errors.
        this(
                new FileOutputStream(FileDescriptor.err),
                ZoneId.systemDefault(),
                ProcessHandle.current().pid());
    }

    StderrSink(OutputStream stream, ZoneId zone, long pid) {
        this.stream = stream;
        this.pid = pid;
        time = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS zzz", Locale.ROOT)
                .withZone(zone);
    }

    @Override
    public String destination() {
        return "stderr";
    }

    @Override
    public void write(Instant at, LogMessage message) throws IOException {
        if (closed) {
            throw new IOException("closed");
        }
        String prefix = time.format(at) + " [" + pid + "] ";
        StringBuilder lines = new StringBuilder(256);
        for (String paragraph : message.paragraphs()) {
            lines.append(prefix).append(paragraph).append('\n');
        }
        // In one piece, so that other writers do not come between.
        stream.write(lines.toString().getBytes(StandardCharsets.UTF_8));
        stream.flush();
    }

    /** Leaves the stream open: it belongs to the process. */
    @Override
    @Deactivate
    public void close() {
        closed = true;
    }
}
