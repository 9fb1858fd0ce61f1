package org.conmgr.log.eventlog.internal;

import java.io.IOException;
import java.time.Instant;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.setting.InvalidSetting;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * {@code log_destination=eventlog}: an event for each message. While there have been no settings that can be used it is
 * there, and every write fails with what is wrong; later those are passed over, hence a {@code Modified} method.
 */
@Component(service = LogSink.class, configurationPid = EventLogSink.PID)
@Designate(ocd = EventLogConfiguration.class)
public final class EventLogSink implements LogSink, AutoCloseable {
    static final String PID = "org.conmgr.log.eventlog";

    /** The most characters of a string that ReportEvent takes. */
    static final int LIMIT = 31_839;

    private final EventLog log;
    private EventLogConfiguration configuration;
    private EventLog.@Nullable Source source;
    private boolean closed;

    @Activate
    public EventLogSink(@Reference(name = "windows") Windows windows, EventLogConfiguration configuration) {
        this(new JnaEventLog(), configuration);
    }

    EventLogSink(EventLog log, EventLogConfiguration configuration) {
        this.log = log;
        this.configuration = configuration;
    }

    @Modified
    synchronized void modified(EventLogConfiguration changed) {
        try {
            EventLogSettings.of(changed);
        } catch (InvalidSetting e) {
            return; // EventLogSettingsCheck tells it.
        }
        configuration = changed;
        deregister();
    }

    @Override
    public String destination() {
        return "eventlog";
    }

    @Override
    public synchronized void write(Instant at, LogMessage message) throws IOException {
        if (closed) {
            throw new IOException("closed");
        }
        EventLog.Source open = source == null ? register() : source;
        source = open;
        String text = String.join("\n", message.paragraphs());
        try {
            open.report(
                    EventLog.Type.of(message.message().severity()), text.substring(0, Math.min(text.length(), LIMIT)));
        } catch (IOException e) {
            // The service of the event log may have been restarted: the next message registers again.
            source = null;
            open.deregister();
            throw e;
        }
    }

    private EventLog.Source register() throws IOException {
        try {
            return log.register(EventLogSettings.of(configuration).source());
        } catch (InvalidSetting e) {
            throw new IOException(PID + ": " + e.getMessage(), e);
        }
    }

    @Override
    @Deactivate
    public synchronized void close() {
        closed = true;
        deregister();
    }

    /** The next message registers again. */
    private void deregister() {
        EventLog.Source open = source;
        source = null;
        if (open != null) {
            open.deregister();
        }
    }
}
