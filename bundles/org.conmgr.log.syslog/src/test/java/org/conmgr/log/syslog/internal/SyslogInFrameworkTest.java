package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundle in a framework: what its settings do. */
class SyslogInFrameworkTest {
    private static final Class<?>[] SHARED = {
        MessageLog.class,
        Transport.class,
        ByteBuf.class,
        Channel.class,
        UnixChannel.class,
        SslHandler.class,
        NetUtil.class
    };
    private static final LogMessage MESSAGE = LogMessage.of(Message.LISTENING, "x");

    @Test
    void settingsAreTakenAndBadOnesToldAtOnce(@TempDir Path directory) throws IOException {
        RecordingLog log = new RecordingLog();
        Received received = new Received();
        Path storage = Files.createDirectory(directory.resolve("osgi"));
        Path socket = directory.resolve("log");
        NettyTransport transport = new NettyTransport(true);
        LocalReceiver receiver = new LocalReceiver(transport, socket, received);
        try (OsgiFramework framework = OsgiFramework.start(storage, SHARED)) {
            framework.register(MessageLog.class, log, Map.of());
            configure(framework, socket, "LOCAL8");
            framework.install(SyslogSink.class);
            assertThat(framework.find(LogSink.class)).as("without a transport").isEmpty();

            framework.register(Transport.class, transport, Map.of());
            LogSink sink = framework.service(LogSink.class);
            String wrong = "org.conmgr.log.syslog: syslog_facility: LOCAL8 (expected: one of LOCAL0, LOCAL1, LOCAL2,"
                    + " LOCAL3, LOCAL4, LOCAL5, LOCAL6, LOCAL7)";
            Await.until("it is told", () -> log.texts(Message.INVALID_SETTING).contains(wrong));
            assertThatThrownBy(() -> sink.write(Instant.now(), MESSAGE))
                    .isInstanceOf(IOException.class)
                    .hasMessage(wrong);

            configure(framework, socket, "LOCAL7");
            Await.until("the configured sink writes", () -> writes(sink, received, "<190>"));
            configure(framework, socket, "LOCAL9");
            Await.until("it is told, too", () -> log.messages().size() == 2);
            configure(framework, socket, "LOCAL6");
            Await.until("the next is taken", () -> writes(sink, received, "<182>"));
            assertThat(log.messages()).hasSize(2);
        } finally {
            receiver.close();
            transport.close();
        }
    }

    private static void configure(OsgiFramework framework, Path socket, String facility) {
        framework.configure(
                SyslogSink.PID,
                Map.of("syslog_path", socket.toString(), "syslog_ident", "mine", "syslog_facility", facility));
    }

    /** Never fails once it has written, whatever the settings come to. */
    private static boolean writes(LogSink sink, Received received, String priority) throws IOException {
        try {
            sink.write(Instant.now(), MESSAGE);
        } catch (IOException e) {
            if (received.lines().isEmpty()) {
                return false;
            }
            throw e;
        }
        return received.lines().stream().anyMatch(line -> line.startsWith(priority) && line.contains(" mine["));
    }
}
