package org.conmgr.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class PidFileTest {
    private final Path directory;

    PidFileTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        assertThat(PidFile.read(directory)).isEmpty();
        PidFile file = new PidFile(4711, directory, Instant.ofEpochSecond(1_700_000_000), 27546);
        file.write();
        assertThat(directory.resolve("conmgr.pid")).hasContent("4711\n" + directory + "\n1700000000\n27546\n");
        assertThat(PidFile.read(directory)).contains(file);
        new PidFile(4711, directory, file.started(), PidFile.STOPPING).write();
        assertThat(PidFile.read(directory).orElseThrow().port()).isEqualTo(PidFile.STOPPING);
        assertThat(directory).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void whatIsNoPidFileIsAnErrorThatSaysWhere() throws Exception {
        refused("1\n/\n1\n", "3 lines (expected: 4)");
        refused("x\n/\n1\n1\n", "conmgr.pid:1: x (expected: a number)");
        refused("1\n/\ny\n1\n", "conmgr.pid:3: y (expected: a number)");
        refused("1\n/\n" + Long.MAX_VALUE + "\n1\n", "conmgr.pid:3: ");
        refused("1\n/\n1\nz\n", "conmgr.pid:4: z (expected: a number)");
        refused("0\n/\n1\n1\n", "process id: 0 (expected: >= 1)");
        refused("1\n/\n1\n65536\n", "port: 65536 (expected: -1 to 65535)");
        refused("1\n\0\n1\n1\n", "conmgr.pid: ");
        refused("1".repeat(9000), "larger than 8192 bytes");
    }

    @Test
    void whatAPowerFailureHasLeftIsNoPidFile() throws Exception {
        for (String nothing : List.of("", "\0".repeat(40))) {
            Files.writeString(directory.resolve(PidFile.NAME), nothing);
            assertThat(PidFile.read(directory)).isEmpty();
        }
    }

    private void refused(String text, String why) throws IOException {
        Files.writeString(directory.resolve(PidFile.NAME), text);
        assertThatThrownBy(() -> PidFile.read(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    @Test
    void itsProcessIsFoundWhileItLives() throws Exception {
        assertThat(PidFile.ofThisProcess(directory, 1).process()).contains(ProcessHandle.current());
        Process process = new ProcessBuilder("sleep", "60").start();
        PidFile file = new PidFile(process.pid(), directory, Instant.now(), 1);
        assertThat(file.process()).isPresent();
        process.destroyForcibly().waitFor();
        assertThat(file.process()).isEmpty();
    }

    @Test
    void aLaterProcessWithTheSameIdIsAnotherOne() {
        assertThat(new PidFile(ProcessHandle.current().pid(), directory, Instant.EPOCH, 1).process())
                .isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whoHoldsTheDirectoryIsItsProcessWhateverTheClockSays() throws Exception {
        Path lock = directory.resolve(PidFile.LOCK);
        Files.createDirectory(directory.resolve("data"));
        Process process = new ProcessBuilder("sh", "-c", "exec 9>data/running; echo; exec sleep 60")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        try {
            // The line is written once the file is open.
            assertThat(process.getInputStream().read()).isEqualTo('\n');
            PidFile beforeTheClockWasSet = new PidFile(process.pid(), directory, Instant.EPOCH, 1);
            assertThat(beforeTheClockWasSet.process()).map(ProcessHandle::pid).contains(process.pid());
            PidFile ofThis = PidFile.ofThisProcess(directory, 1);
            assertThat(ofThis.process())
                    .as("the id of a dead process, used again at once")
                    .isEmpty();
            Files.delete(lock);
            assertThat(ofThis.process()).isPresent();
            assertThat(beforeTheClockWasSet.process()).isEmpty();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
