package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ServerSocketFactory;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.Message;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.LogSinkContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TcpSyslogTest extends LogSinkContract {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");

    private final NettyTransport transport = new NettyTransport();
    private final Received received = new Received();
    private StreamReceiver receiver = new StreamReceiver(ServerSocketFactory.getDefault(), 0, received);

    TcpSyslogTest() throws IOException {}

    @AfterEach
    void closeReceiver() throws IOException {
        receiver.close();
        transport.close();
    }

    private SyslogSink open(Duration patience) {
        SyslogServer server = new SyslogServer(SyslogServer.Protocol.TCP, "localhost", receiver.port());
        return new SyslogSink(
                transport,
                new SyslogSettings(Facility.LOCAL0, "conmgr", Path.of("/dev/log"), server, List.of()),
                patience);
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
    void writesRfc5424() throws IOException {
        try (SyslogSink sink = open(Duration.ofSeconds(5))) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "é"));
        }

        Await.until("it has arrived", () -> !received.lines().isEmpty());
        assertThat(received.text())
                .matches("<134>1 2026-11-22T12:00:00\\.123Z \\S+ conmgr "
                        + ProcessHandle.current().pid()
                        + " CM4001 - \\[1] LOG:  CM4001: listening for applications on é");
    }

    @Test
    void connectsAgainWhenTheServerWasRestarted() throws Exception {
        try (SyslogSink sink = open(Duration.ofSeconds(20))) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "before"));
            Await.until("it has arrived", () -> received.has("before"));
            int port = receiver.port();
            receiver.close();
            receiver = new StreamReceiver(ServerSocketFactory.getDefault(), port, received);

            // What is written before the end of the old connection is noticed is lost: so it is with syslog over TCP.
            Await.until("a message arrives", () -> {
                sink.write(AT, LogMessage.of(Message.LISTENING, "after"));
                return received.has("after");
            });
        }
    }

    @Test
    void aServerThatIsNotThereIsNamed() throws IOException {
        receiver.close();
        try (SyslogSink sink = open(Duration.ZERO)) {
            assertThatThrownBy(() -> sink.write(AT, LogMessage.of(Message.LISTENING, "x")))
                    .isInstanceOf(IOException.class)
                    .hasMessage("tcp://localhost:" + receiver.port() + ": Connection refused");
        }
    }

    @Test
    void aLackOfFileDescriptorsIsNamed() {
        ChannelFuture connect = new Bootstrap()
                .group(transport.applicationLoops())
                .channelFactory(() -> {
                    throw new ChannelException("Too many open files");
                })
                .handler(new Discarding())
                .connect("127.0.0.1", receiver.port());
        assertThatThrownBy(() -> Dialer.await(connect, connect.channel(), "tcp://log:514"))
                .isInstanceOf(IOException.class)
                .hasMessage("tcp://log:514: Too many open files");
    }

    @Test
    void aHostThatIsUnknownIsNamed() {
        SyslogServer server = new SyslogServer(SyslogServer.Protocol.UDP, "no-such-host.invalid", 514);
        try (SyslogSink sink = new SyslogSink(
                transport,
                new SyslogSettings(Facility.LOCAL0, "conmgr", Path.of("/dev/log"), server, List.of()),
                Duration.ZERO)) {
            assertThatThrownBy(() -> sink.write(AT, LogMessage.of(Message.LISTENING, "x")))
                    .isInstanceOf(IOException.class)
                    .hasMessage("udp://no-such-host.invalid:514: unknown host");
        }
    }
}
