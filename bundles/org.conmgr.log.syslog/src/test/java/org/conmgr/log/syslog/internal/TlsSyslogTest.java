package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.TestCertificate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The sink and a server whose certificate is for localhost only, by name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsSyslogTest {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");

    private final NettyTransport transport = new NettyTransport();
    private final Received received = new Received();
    private final TestCertificate certificate = TestCertificate.make("localhost");
    private final StreamReceiver receiver;

    TlsSyslogTest() throws IOException {
        JdkSslContext context = (JdkSslContext) SslContextBuilder.forServer(
                        certificate.certificate().toFile(), certificate.key().toFile())
                .sslProvider(SslProvider.JDK)
                .build();
        receiver = new StreamReceiver(context.context().getServerSocketFactory(), 0, received);
    }

    @AfterAll
    void closeAll() throws IOException {
        receiver.close();
        transport.close();
    }

    private SyslogSink open(String host, String caFile) {
        return new SyslogSink(
                transport,
                SyslogSettings.of(Configs.of(
                        SyslogConfiguration.class,
                        Map.of("syslog_server", "tls://" + host + ":" + receiver.port(), "syslog_ca_file", caFile))),
                Duration.ZERO);
    }

    @Test
    void writesToAServerItTrusts() throws IOException {
        try (SyslogSink sink = open("localhost", certificate.certificate().toString())) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "東京"));

            Await.until("it has arrived", () -> received.has("CM4001: listening for applications on 東京"));
        }
    }

    @Test
    void refusesACertificateOfAnotherName() {
        try (SyslogSink sink = open("127.0.0.1", certificate.certificate().toString())) {
            assertThatThrownBy(() -> sink.write(AT, LogMessage.of(Message.LISTENING, "x")))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("tls://127.0.0.1:" + receiver.port() + ": ")
                    .hasStackTraceContaining("No subject alternative names matching IP address 127.0.0.1");
        }
        assertThat(received.text()).doesNotContain("on x");
    }

    @Test
    void refusesACertificateNobodyVouchesFor() {
        try (SyslogSink sink = open("localhost", "")) {
            assertThatThrownBy(() -> sink.write(AT, LogMessage.of(Message.LISTENING, "y")))
                    .isInstanceOf(IOException.class)
                    .hasStackTraceContaining("unable to find valid certification path");
        }
        assertThat(received.text()).doesNotContain("on y");
    }
}
