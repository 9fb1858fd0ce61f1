package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.netty.internal.NettyTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UdpSyslogTest {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");

    private final DatagramSocket receiver = new DatagramSocket(0, InetAddress.getLoopbackAddress());

    UdpSyslogTest() throws IOException {
        receiver.setSoTimeout(10_000);
    }

    @AfterEach
    void closeReceiver() {
        receiver.close();
    }

    private SyslogSink open(NettyTransport transport, Duration patience) {
        SyslogServer server = new SyslogServer(
                SyslogServer.Protocol.UDP, InetAddress.getLoopbackAddress().getHostAddress(), receiver.getLocalPort());
        return new SyslogSink(
                transport,
                new SyslogSettings(Facility.LOCAL1, "conmgr", Path.of("/dev/log"), server, List.of()),
                patience);
    }

    private static String receive(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        socket.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writesADatagramForEachPiece(boolean epoll) throws IOException {
        NettyTransport transport = new NettyTransport(epoll);
        try (SyslogSink sink = open(transport, Duration.ZERO)) {
            sink.write(AT, LogMessage.of(Message.TOO_MANY_CONNECTIONS, "東京", 3));

            assertThat(receive(receiver))
                    .startsWith("<142>1 2026-11-22T12:00:00.123Z ")
                    .endsWith(" CM4003 - [1-1] LOG:  CM4003: closed a connection from 東京: 3 are open");
            assertThat(receive(receiver)).endsWith(" CM4003 - [1-2] HINT:  Raise max_connections.");
        } finally {
            transport.close();
        }
    }

    /** UDP promises nothing. Where the host says that nobody listens, that is no reason to give up. */
    @Test
    void goesOnWhenTheServerComesBack() throws IOException {
        NettyTransport transport = new NettyTransport();
        int port = receiver.getLocalPort();
        try (SyslogSink sink = open(transport, Duration.ofSeconds(5))) {
            receiver.close();
            for (int number = 0; number < 50; number++) {
                sink.write(AT, LogMessage.of(Message.LISTENING, "nobody"));
            }
            try (DatagramSocket again = new DatagramSocket(port, InetAddress.getLoopbackAddress())) {
                again.setSoTimeout(10_000);
                sink.write(AT, LogMessage.of(Message.LISTENING, "somebody"));

                assertThat(receive(again)).endsWith("listening for applications on somebody");
            }
        } finally {
            transport.close();
        }
    }
}
