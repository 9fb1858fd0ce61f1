package org.conmgr.itests.deployed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Another sink for the destination {@code stderr}: it writes to a file named as the version of its bundle. */
@Component(service = LogSink.class)
public final class DeployedSink implements LogSink {
    private final Path file;

    @Activate
    public DeployedSink(BundleContext context) {
        file = Path.of(context.getProperty("karaf.data"), context.getBundle().getVersion() + ".log");
    }

    @Override
    public String destination() {
        return "stderr";
    }

    @Override
    public void write(Instant at, LogMessage message) throws IOException {
        String text = String.join("\n", message.paragraphs()) + "\n";
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
