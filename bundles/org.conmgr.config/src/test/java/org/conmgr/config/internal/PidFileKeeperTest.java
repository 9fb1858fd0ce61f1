package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.conmgr.api.log.Message;
import org.conmgr.config.PidFile;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PidFileKeeperTest {
    private final Path directory;

    PidFileKeeperTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private final RecordingLog log = new RecordingLog();

    private int port() throws Exception {
        PidFile file = PidFile.read(directory).orElseThrow();
        assertThat(file.process()).contains(ProcessHandle.current());
        return file.port();
    }

    @Test
    void theFileFollowsThePortAndTheEndOfTheFramework() throws Exception {
        OsgiFramework framework = OsgiFramework.start(directory.resolve("framework"), Map.of());
        PidFileKeeper first = new PidFileKeeper(framework.context(), directory, log, "6000");
        assertThat(port()).isEqualTo(6000);
        first.close();
        assertThat(port()).isEqualTo(6000);
        new PidFileKeeper(framework.context(), directory, log, "x");
        assertThat(port()).isEqualTo(PidFile.STARTING);
        new PidFileKeeper(framework.context(), directory, log, "6001");
        framework.close();
        assertThat(port()).isEqualTo(PidFile.STOPPING);
        assertThat(log.messages(Message.PID_FILE_NOT_WRITTEN)).isEmpty();
    }

    @Test
    void aPortThatCannotBeChangesNothing() throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(directory.resolve("framework"), Map.of());
                PidFileKeeper keeper = new PidFileKeeper(framework.context(), directory, log, "6000")) {
            keeper.modified(config("x"));
            assertThat(port()).isEqualTo(6000);
            keeper.modified(config("6001"));
            assertThat(port()).isEqualTo(6001);
        }
    }

    private static PidFileKeeper.Config config(String port) {
        return Configs.of(PidFileKeeper.Config.class, Map.of("port", port));
    }

    @Test
    void whatCannotBeWrittenIsTold() throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(directory.resolve("framework"), Map.of())) {
            Path none = Files.createFile(directory.resolve("file"));
            new PidFileKeeper(framework.context(), none, log, "6000").close();
        }
        assertThat(log.messages(Message.PID_FILE_NOT_WRITTEN)).hasSize(1);
    }
}
