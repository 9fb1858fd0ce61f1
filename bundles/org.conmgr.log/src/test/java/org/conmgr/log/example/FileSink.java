package org.conmgr.log.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

@Component(service = LogSink.class)
public final class FileSink implements LogSink {
    private final Path file;

    @Activate
    public FileSink() {
        this(Path.of("/var/log/conmgr.log"));
    }

    FileSink(Path file) {
        this.file = file;
    }

    @Override
    public String destination() {
        return "file";
    }

    @Override
    public void write(Instant at, LogMessage message) throws IOException {
        String text = at + " " + String.join("\n", message.paragraphs()) + "\n";
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
