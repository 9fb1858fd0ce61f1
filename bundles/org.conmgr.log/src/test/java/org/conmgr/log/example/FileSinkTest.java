package org.conmgr.log.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.conmgr.api.log.LogSink;
import org.conmgr.testkit.LogSinkContract;
import org.junit.jupiter.api.io.TempDir;

class FileSinkTest extends LogSinkContract {
    private final Path file;

    FileSinkTest(@TempDir Path directory) {
        file = directory.resolve("conmgr.log");
    }

    @Override
    protected LogSink open() {
        return new FileSink(file);
    }

    @Override
    protected String arrived() throws IOException {
        return Files.readString(file);
    }

    @Override
    protected void breakDestination() throws IOException {
        Files.delete(file);
        Files.createDirectory(file);
    }
}
