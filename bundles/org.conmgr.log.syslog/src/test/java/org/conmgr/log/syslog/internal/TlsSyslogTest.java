package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The sink and a server whose certificate is for localhost only, by name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsSyslogTest {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");
    private static final String PASSWORD = "secret";

    private final NettyTransport transport = new NettyTransport();
    private final Received received = new Received();
    private final Path directory;
    private final StreamReceiver receiver;

    TlsSyslogTest(@TempDir Path directory) throws Exception {
        this.directory = directory;
        Path keys = directory.resolve("keys.p12");
        keytool(
                "-genkeypair",
                "-keystore",
                keys.toString(),
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost");
        keytool(
                "-exportcert",
                "-rfc",
                "-keystore",
                keys.toString(),
                "-alias",
                "server",
                "-file",
                directory.resolve("server.pem").toString());
        receiver = new StreamReceiver(sockets(keys), 0, received);
    }

    private static void keytool(String... arguments) throws IOException, InterruptedException {
        ProcessBuilder keytool = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        keytool.command().addAll(java.util.List.of(arguments));
        keytool.command().addAll(java.util.List.of("-storepass", PASSWORD));
        Process process = keytool.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }

    private static ServerSocketFactory sockets(Path keys) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(keys)) {
            store.load(file, PASSWORD.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context.getServerSocketFactory();
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
        try (SyslogSink sink = open("localhost", directory.resolve("server.pem").toString())) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "東京"));

            Await.until("it has arrived", () -> received.has("CM4001: listening for applications on 東京"));
        }
    }

    @Test
    void refusesACertificateOfAnotherName() {
        try (SyslogSink sink = open("127.0.0.1", directory.resolve("server.pem").toString())) {
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
