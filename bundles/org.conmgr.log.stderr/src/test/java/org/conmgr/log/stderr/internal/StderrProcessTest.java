package org.conmgr.log.stderr.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.junit.jupiter.api.Test;

/** The sink on the stderr of a real process. */
class StderrProcessTest {
    private static Process start(ProcessBuilder.Redirect stderr) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Duser.timezone=UTC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName())
                .redirectError(stderr)
                .start();
    }

    private static void awaitEnd(Process process) throws InterruptedException {
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("the process ends").isTrue();
    }

    @Test
    void writesToTheFileDescriptor() throws Exception {
        Process process = start(ProcessBuilder.Redirect.PIPE);
        String stderr = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        awaitEnd(process);

        assertThat(stderr)
                .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} UTC \\[" + process.pid()
                        + "] LOG:  CM4001: listening for applications on 東京:27546\n");
        assertThat(process.getInputStream().readAllBytes()).asString().isEqualTo("written");
    }

    @Test
    void saysSoWhenItCannotWrite() throws Exception {
        // Every write to it fails with "no space left on device".
        Process process = start(ProcessBuilder.Redirect.to(new File("/dev/full")));
        awaitEnd(process);

        assertThat(process.getInputStream().readAllBytes()).asString().isEqualTo("No space left on device");
    }

    static final class Program {
        private Program() {}

        public static void main(String[] args) {
            try (StderrSink sink = new StderrSink()) {
                sink.write(Instant.now(), LogMessage.of(Message.LISTENING, "東京:27546"));
                System.out.print("written");
            } catch (IOException e) {
                System.out.print(e.getMessage());
            }
        }
    }
}
