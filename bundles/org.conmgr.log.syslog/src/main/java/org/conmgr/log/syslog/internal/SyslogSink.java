package org.conmgr.log.syslog.internal;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.netty.Transport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * {@code log_destination=syslog}. While there have been no settings that can be used it is there, and every write fails
 * with what is wrong; later those are passed over, hence a {@code Modified} method.
 */
@Component(service = LogSink.class, configurationPid = SyslogSink.PID)
@Designate(ocd = SyslogConfiguration.class)
public final class SyslogSink implements LogSink, AutoCloseable {
    static final String PID = "org.conmgr.log.syslog";

    private final Transport transport;
    private volatile Parts parts;
    private long sequence;

    @Activate
    public SyslogSink(@Reference Transport transport, SyslogConfiguration configuration) {
        this(transport, Parts.of(transport, configuration));
    }

    SyslogSink(Transport transport, SyslogSettings settings, Duration patience) {
        this(transport, Parts.of(transport, settings, patience));
    }

    private SyslogSink(Transport transport, Parts parts) {
        this.transport = transport;
        this.parts = parts;
    }

    @Modified
    void modified(SyslogConfiguration configuration) {
        Parts before = parts;
        try {
            parts = Parts.of(transport, SyslogSettings.of(configuration), Wire.PATIENCE);
        } catch (InvalidSetting e) {
            return; // SyslogSettingsCheck tells it.
        }
        before.wire.close();
    }

    @Override
    public String destination() {
        return "syslog";
    }

    @Override
    public void write(Instant at, LogMessage message) throws IOException {
        List<String> chunks = Chunks.of(String.join("\n", message.paragraphs()));
        // The number, PostgreSQL's too, keeps a syslog from taking equal messages for one that is repeated.
        sequence++;
        while (true) {
            Parts used = parts;
            try {
                write(used, at, message, chunks);
                return;
            } catch (IOException e) {
                if (used.equals(parts)) {
                    throw e;
                }
                // Its settings were replaced under it: all of it again with those of now.
            }
        }
    }

    private void write(Parts by, Instant at, LogMessage message, List<String> chunks) throws IOException {
        int priority = by.facility.priority(message.message().severity());
        for (int piece = 1; piece <= chunks.size(); piece++) {
            String head = chunks.size() == 1 ? "[" + sequence + "] " : "[" + sequence + "-" + piece + "] ";
            by.wire.send(by.format.frame(priority, at, message.message().id(), head + chunks.get(piece - 1)));
        }
    }

    @Override
    @Deactivate
    public void close() {
        parts.wire.close();
    }

    private record Parts(Facility facility, Format format, Wire wire) {
        static Parts of(Transport transport, SyslogConfiguration configuration) {
            try {
                return of(transport, SyslogSettings.of(configuration), Wire.PATIENCE);
            } catch (InvalidSetting e) {
                Dialer refusal = () -> {
                    throw new IOException(PID + ": " + e.getMessage());
                };
                return new Parts(
                        Facility.LOCAL0,
                        new Rfc5424Format("-", 0, false),
                        new Wire(PID, refusal, Duration.ZERO, System::nanoTime));
            }
        }

        static Parts of(Transport transport, SyslogSettings settings, Duration patience) {
            SyslogServer server = settings.server();
            long pid = ProcessHandle.current().pid();
            Format format = server == null
                    ? new LocalFormat(settings.ident(), pid, ZoneId.systemDefault())
                    : new Rfc5424Format(settings.ident(), pid, server.protocol() != SyslogServer.Protocol.UDP);
            String name = server == null ? settings.path().toString() : server.toString();
            Dialer dialer = server == null
                    ? Dialer.local(transport, settings.path())
                    : Dialer.remote(transport, server, settings.trusted());
            return new Parts(settings.facility(), format, new Wire(name, dialer, patience, System::nanoTime));
        }
    }
}
