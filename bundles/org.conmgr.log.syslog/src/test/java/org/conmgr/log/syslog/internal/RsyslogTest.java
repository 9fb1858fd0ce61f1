package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sink and a real rsyslog, with a configuration of its own in a directory of its own. */
class RsyslogTest {
    private static final Path RSYSLOGD = Path.of("/usr/sbin/rsyslogd");
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");
    private static final String EXPECTED = "CM4003: closed a connection from Zürich 東京: 3 are open";

    private final NettyTransport transport = new NettyTransport(true);
    private final Path directory;
    private @Nullable Process rsyslogd;

    RsyslogTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeEach
    void requireRsyslog() throws IOException {
        if (!Files.isExecutable(RSYSLOGD)) {
            System.err.println("SKIPPED: " + RSYSLOGD + " is not installed (package rsyslog): the syslog sink is not"
                    + " tried with a real syslog");
        }
        assumeTrue(Files.isExecutable(RSYSLOGD), "package rsyslog is not installed");
        Files.writeString(directory.resolve("rsyslog.conf"), """
                global(workDirectory="%1$s")
                module(load="imuxsock" SysSock.Use="off")
                module(load="imtcp")
                template(name="parsed" type="string"
                    string="%%syslogfacility-text%%.%%syslogseverity-text%%|%%programname%%|%%procid%%|%%msgid%%|%%msg%%\\n")
                input(type="imuxsock" Socket="%1$s/log" RateLimit.Interval="0" UsePIDFromSystem="off")
                input(type="imtcp" Address="127.0.0.1" Port="0" ListenPortFileName="%1$s/port")
                action(type="omfile" File="%1$s/out" Template="parsed")
                """.formatted(directory));
        startRsyslog();
    }

    private void startRsyslog() throws IOException {
        Files.deleteIfExists(directory.resolve("port"));
        rsyslogd = new ProcessBuilder(
                        RSYSLOGD.toString(),
                        "-n",
                        "-f",
                        directory.resolve("rsyslog.conf").toString(),
                        "-i",
                        directory.resolve("pid").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("rsyslogd.log").toFile())
                .start();
        Await.until("rsyslogd listens", () -> Files.exists(directory.resolve("log")) && !port().isEmpty());
    }

    private String port() throws IOException {
        Path file = directory.resolve("port");
        return Files.exists(file) ? Files.readString(file).strip() : "";
    }

    private void stopRsyslog() throws InterruptedException {
        Process running = rsyslogd;
        if (running != null) {
            running.destroy();
            if (!running.waitFor(10, TimeUnit.SECONDS)) {
                running.destroyForcibly().waitFor();
            }
        }
    }

    @AfterEach
    void stopAll() throws InterruptedException {
        stopRsyslog();
        transport.close();
    }

    private SyslogSink open(@Nullable SyslogServer server) {
        return new SyslogSink(
                transport,
                new SyslogSettings(Facility.LOCAL5, "conmgr", directory.resolve("log"), server, List.of()),
                Duration.ofSeconds(20));
    }

    private String written() throws IOException {
        Path out = directory.resolve("out");
        return Files.exists(out) ? Files.readString(out) : "";
    }

    private void awaitLine(String line) {
        Await.passes("rsyslog has written it", () -> assertThat(written()).contains(line + "\n"));
    }

    @Test
    void aMessageReachesItsFileByTheLocalSocket() throws IOException {
        long pid = ProcessHandle.current().pid();
        try (SyslogSink sink = open(null)) {
            sink.write(AT, LogMessage.of(Message.TOO_MANY_CONNECTIONS, "Zürich 東京", 3));
            sink.write(AT, LogMessage.of(Message.SUPERVISED_FAILURE, "x", "\u001b[31m"));
        }

        awaitLine("local5.info|conmgr|" + pid + "|-| [1-1] LOG:  " + EXPECTED);
        awaitLine("local5.info|conmgr|" + pid + "|-| [1-2] HINT:  Raise max_connections.");
        awaitLine("local5.warning|conmgr|" + pid + "|-| [2] ERROR:  CM9001: x failed and goes on: \\x1b[31m");
    }

    @Test
    void aMessageReachesItsFileByTcp() throws IOException {
        try (SyslogSink sink =
                open(new SyslogServer(SyslogServer.Protocol.TCP, "127.0.0.1", Integer.parseInt(port())))) {
            sink.write(AT, LogMessage.of(Message.TOO_MANY_CONNECTIONS, "Zürich 東京", 3));
        }

        awaitLine("local5.info|conmgr|" + ProcessHandle.current().pid() + "|CM4003|[1-1] LOG:  " + EXPECTED);
    }

    @Test
    void noMessageIsLostWhenItIsRestarted() throws Exception {
        try (SyslogSink sink = open(null)) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "before"));
            awaitLine("local5.info|conmgr|" + ProcessHandle.current().pid()
                    + "|-| [1] LOG:  CM4001: listening for applications on before");
            stopRsyslog();
            Thread restart = new Thread(() -> {
                try {
                    startRsyslog();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            restart.start();
            sink.write(AT, LogMessage.of(Message.LISTENING, "after"));
            restart.join();
        }

        awaitLine("local5.info|conmgr|" + ProcessHandle.current().pid()
                + "|-| [2] LOG:  CM4001: listening for applications on after");
    }
}
