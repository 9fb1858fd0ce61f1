package org.conmgr.log.stderr.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.Message;
import org.conmgr.testkit.LogSinkContract;
import org.junit.jupiter.api.Test;

class StderrSinkTest extends LogSinkContract {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123456Z");

    private final Terminal terminal = new Terminal();

    @Override
    protected LogSink open() {
        return new StderrSink(terminal, ZoneId.of("UTC"), 4711);
    }

    @Override
    protected String arrived() {
        return terminal.text();
    }

    @Override
    protected void breakDestination() {
        terminal.broken = true;
    }

    @Test
    void writesAsPostgreSqlDoes() throws IOException {
        open().write(
                        AT,
                        LogMessage.of(Message.TOO_MANY_LINKS, "10.0.0.1", 32)
                                .withDetail("One.\nTwo.")
                                .withCause(new IOException("reset")));

        assertThat(arrived()).isEqualTo("""
                        2026-11-22 12:00:00.123 UTC [4711] LOG:  CM3006: heartbeat link from 10.0.0.1 refused: 32 links are open
                        2026-11-22 12:00:00.123 UTC [4711] DETAIL:  One.
                        \tTwo.
                        \tIOException: reset
                        2026-11-22 12:00:00.123 UTC [4711] HINT:  Raise max_heartbeat_connections.
                        """);
        assertThat(terminal.writes).as("in one piece").isOne();
    }

    @Test
    void tellsTheTimeOfTheProcess() throws IOException {
        new StderrSink(terminal, ZoneId.of("Europe/Zurich"), 1).write(AT, LogMessage.of(Message.LISTENING, "a"));

        assertThat(arrived()).startsWith("2026-11-22 13:00:00.123 CET [1] LOG:  CM4001: ");
    }

    /** A stream that counts, and breaks on demand. */
    private static final class Terminal extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private volatile boolean broken;
        private int writes;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            if (broken) {
                throw new IOException("Broken pipe");
            }
            writes++;
            bytes.write(b, off, len);
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
