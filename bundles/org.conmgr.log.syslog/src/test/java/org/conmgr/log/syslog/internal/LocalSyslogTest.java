package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.Message;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.LogSinkContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sink and a socket like /dev/log. */
class LocalSyslogTest extends LogSinkContract {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");

    private final NettyTransport transport = new NettyTransport(true);
    private final Received received = new Received();
    private final Path path;
    private LocalReceiver receiver;

    LocalSyslogTest(@TempDir Path directory) {
        path = directory.resolve("log");
        receiver = new LocalReceiver(transport, path, received);
    }

    @AfterEach
    void closeReceiver() throws IOException {
        receiver.close();
        transport.close();
    }

    private SyslogSink open(Duration patience) {
        return new SyslogSink(
                transport, new SyslogSettings(Facility.LOCAL3, "conmgr-test", path, null, List.of()), patience);
    }

    @Override
    protected LogSink open() {
        return open(Duration.ofMillis(200));
    }

    @Override
    protected String arrived() {
        return received.text();
    }

    @Override
    protected void breakDestination() throws IOException {
        receiver.close();
    }

    @Test
    void writesAsPostgreSqlDoes() throws IOException {
        try (SyslogSink sink = open(Duration.ofSeconds(5))) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "a"));
            sink.write(AT, LogMessage.of(Message.TOO_MANY_CONNECTIONS, "b", 3).withDetail("x\ny"));
        }

        Await.until("all has arrived", () -> received.has("HINT"));
        String pid = "[" + ProcessHandle.current().pid() + "]: ";
        assertThat(received.lines())
                .allMatch(line -> line.startsWith("<158>Nov 22 "))
                .map(line -> line.substring(line.indexOf(" conmgr-test")))
                .containsExactly(
                        " conmgr-test" + pid + "[1] LOG:  CM4001: listening for applications on a",
                        " conmgr-test" + pid + "[2-1] LOG:  CM4003: closed a connection from b: 3 are open",
                        " conmgr-test" + pid + "[2-2] DETAIL:  x",
                        " conmgr-test" + pid + "[2-3]     y",
                        " conmgr-test" + pid + "[2-4] HINT:  Raise max_connections.");
    }

    @Test
    void noMessageIsLostWhenTheDaemonIsRestarted() throws Exception {
        try (SyslogSink sink = open(Duration.ofSeconds(20))) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "before"));
            Await.until("it has arrived", () -> received.has("before"));
            receiver.close();
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                try {
                    for (int number = 0; number < 100; number++) {
                        sink.write(AT, LogMessage.of(Message.LISTENING, "number " + number + "."));
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(writer).isNotDone();
            receiver = new LocalReceiver(transport, path, received);

            writer.get(30, TimeUnit.SECONDS);
            Await.until("all have arrived", () -> received.has("number 99."));
            assertThat(received.lines().stream().filter(line -> line.contains("number ")))
                    .hasSize(100);
        }
    }

    @Test
    void aSocketThatIsNotThereIsNamed() throws IOException {
        receiver.close();
        assertThat(refusal(Duration.ZERO)).isEqualTo(path + ": No such file or directory");
    }

    @Test
    void aFileThatIsNoSocketIsNamed() throws IOException {
        receiver.close();
        Files.writeString(path, "no socket");
        assertThat(refusal(Duration.ZERO)).isEqualTo(path + ": Connection refused");
    }

    @Test
    void aSocketThatWasLeftBehindIsNamed() throws IOException {
        try (SyslogSink sink = open(Duration.ZERO)) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "x"));
            receiver.die();
            assertThat(refusal(sink)).as("to write").isEqualTo(path + ": Connection refused");
        }
        assertThat(refusal(Duration.ZERO)).as("to connect").isEqualTo(path + ": Connection refused");
    }

    private String refusal(Duration patience) {
        try (SyslogSink sink = open(patience)) {
            return refusal(sink);
        }
    }

    private static String refusal(SyslogSink sink) {
        IOException refusal =
                catchThrowableOfType(IOException.class, () -> sink.write(AT, LogMessage.of(Message.LISTENING, "x")));
        return refusal == null ? "written" : String.valueOf(refusal.getMessage());
    }

    @Test
    void withoutEpollItSaysWhatIsMissing() {
        NettyTransport nio = new NettyTransport(false);
        try (SyslogSink sink = new SyslogSink(
                nio, new SyslogSettings(Facility.LOCAL0, "conmgr", path, null, List.of()), Duration.ZERO)) {
            assertThatThrownBy(() -> sink.write(AT, LogMessage.of(Message.LISTENING, "x")))
                    .isInstanceOf(IOException.class)
                    .hasMessage(path + ": Unix domain datagrams need the native epoll transport");
        } finally {
            nio.close();
        }
    }
}
