package org.conmgr.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.conmgr.api.log.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every problem a file can have, with the exact text an administrator sees. */
class ConfProblemsTest {
    private static final String NUL = "\0";
    private static final String BEHIND = " behind the value (expected: one value; one with blanks or quotes stands in"
            + " '...', a quote within quotes is written '')";

    private static final String IDENT =
            " (expected: 1 to 48 printable ASCII characters, none of them a blank, ':', '[' or ']')";

    /** One file and everything that is said of it. */
    record Case(String file, Platform platform, List<String> problems) {
        static Case of(String file, String... problems) {
            return new Case(file, Platform.LINUX, List.of(problems));
        }

        static Case onWindows(String file, String... problems) {
            return new Case(file, Platform.WINDOWS, List.of(problems));
        }

        @Override
        public String toString() {
            return file.replace("\n", "⏎");
        }
    }

    static Stream<Case> bad() {
        return Stream.of(
                // Grammar
                Case.of("backend_host0=a\nport 5432", "ERROR conmgr.conf:2: port 5432 (expected: name = value)"),
                Case.of("backend_host0=a\nport", "ERROR conmgr.conf:2: port (expected: name = value)"),
                Case.of("= 5\nbackend_host0=a", "ERROR conmgr.conf:1: = 5 (expected: name = value)"),
                Case.of("'port' = 5", "ERROR conmgr.conf:1: 'port' = 5 (expected: name = value)"),
                Case.of("port # = 5", "ERROR conmgr.conf:1: port # = 5 (expected: name = value)"),
                Case.of("port : 5", "ERROR conmgr.conf:1: port : 5 (expected: name = value)"),
                Case.of(
                        "port =",
                        "ERROR conmgr.conf:1: port: no value (expected: name = value; an empty string is '')"),
                Case.of(
                        "port = # 5",
                        "ERROR conmgr.conf:1: port: no value (expected: name = value; an empty string is '')"),
                Case.of(
                        "backend_host0 = 'db1",
                        "ERROR conmgr.conf:1: backend_host0: no closing quote (a quote within quotes is written '')"),
                Case.of(
                        "backend_host0 = 'db1''",
                        "ERROR conmgr.conf:1: backend_host0: no closing quote (a quote within quotes is written '')"),
                Case.of(
                        "backend_host0 = '",
                        "ERROR conmgr.conf:1: backend_host0: no closing quote (a quote within quotes is written '')"),
                Case.of("backend_host0 = 'db1' 'db2'", "ERROR conmgr.conf:1: backend_host0: 'db2'" + BEHIND),
                Case.of("syslog_ident = 'it\\'s'", "ERROR conmgr.conf:1: syslog_ident: s'" + BEHIND),
                Case.of("syslog_ident = it's", "ERROR conmgr.conf:1: syslog_ident: 's" + BEHIND),
                Case.of("log_destination = stderr, syslog", "ERROR conmgr.conf:1: log_destination: syslog" + BEHIND),
                Case.of("port = 1 port = 2", "ERROR conmgr.conf:1: port: port = 2" + BEHIND),
                Case.of("port == 5", "ERROR conmgr.conf:1: port: 5" + BEHIND),
                Case.of(
                        "syslog_ident = '" + "x".repeat(1025) + "'",
                        "ERROR conmgr.conf:1: syslog_ident: too long (expected: names and values of at most 1024 characters)"),
                Case.of(
                        "x".repeat(1025) + " = 1",
                        "ERROR conmgr.conf:1: " + "x".repeat(57)
                                + "...: too long (expected: names and values of at most 1024 characters)"),
                Case.of(
                        "syslog_ident = 'a\tb'",
                        "ERROR conmgr.conf:1: syslog_ident: a control character in the value (lines end in LF or CRLF)"),
                Case.of(
                        "backend_host0 = a\rport = 5",
                        "ERROR conmgr.conf:1: backend_host0: a control character in the value (lines end in LF or CRLF)"),
                Case.of("\u00a0port = 5", "ERROR conmgr.conf:1: \\u00a0port: unknown parameter (did you mean port?)"),
                Case.of("po\u200brt = 5", "ERROR conmgr.conf:1: po\\u200brt: unknown parameter (did you mean port?)"),
                Case.of("port = 5\u202e", "ERROR conmgr.conf:1: port: 5\\u202e (expected: an integer from 1 to 65535)"),
                Case.of("p" + NUL + " = 1", "ERROR conmgr.conf:1: p\\u0000: unknown parameter"),

                // Names
                Case.of("prot = 5", "ERROR conmgr.conf:1: prot: unknown parameter (did you mean port?)"),
                Case.of(
                        "hartbeat_interval = 5",
                        "ERROR conmgr.conf:1: hartbeat_interval: unknown parameter (did you mean heartbeat_interval?)"),
                Case.of(
                        "backend_hots12 = a",
                        "ERROR conmgr.conf:1: backend_hots12: unknown parameter (did you mean backend_host12?)"),
                Case.of(
                        "backend_host_0 = a",
                        "ERROR conmgr.conf:1: backend_host_0: unknown parameter (did you mean backend_host0?)"),
                Case.of(
                        "backend-host0 = a",
                        "ERROR conmgr.conf:1: backend-host0: unknown parameter (did you mean backend_host0?)"),
                Case.of("shared_buffers = 5", "ERROR conmgr.conf:1: shared_buffers: unknown parameter"),
                Case.of("node_name0 = 'COORDINATOR'", "ERROR conmgr.conf:1: node_name0: unknown parameter"),
                Case.of(
                        "backend_host = a",
                        "ERROR conmgr.conf:1: backend_host: no instance number (expected: backend_host0, backend_host1, ...)"),
                Case.of("port0 = 5", "ERROR conmgr.conf:1: port0: unknown parameter (port has no instance number)"),
                Case.of(
                        "backend_host2147483648 = a",
                        "ERROR conmgr.conf:1: backend_host2147483648: instance number too large (expected: at most 2147483647)"),
                Case.of(
                        "backend_host99999999999999999999 = a",
                        "ERROR conmgr.conf:1: backend_host99999999999999999999: instance number too large (expected: at most 2147483647)"),

                // Values
                Case.of("port = 0", "ERROR conmgr.conf:1: port: 0 (expected: an integer from 1 to 65535)"),
                Case.of("port = 65536", "ERROR conmgr.conf:1: port: 65536 (expected: an integer from 1 to 65535)"),
                Case.of("port = -1", "ERROR conmgr.conf:1: port: -1 (expected: an integer from 1 to 65535)"),
                Case.of("port = 0x10", "ERROR conmgr.conf:1: port: 0x10 (expected: an integer from 1 to 65535)"),
                Case.of("port = ''", "ERROR conmgr.conf:1: port: '' (expected: an integer from 1 to 65535)"),
                Case.of("port = 5.0", "ERROR conmgr.conf:1: port: 5.0 (expected: an integer from 1 to 65535)"),
                Case.of(
                        "backend_host0=a\nbackend_port0=70000",
                        "ERROR conmgr.conf:2: backend_port0: 70000 (expected: an integer from 1 to 65535)"),
                Case.of(
                        "backend_host0=a\nwatchdog_port0=x",
                        "ERROR conmgr.conf:2: watchdog_port0: x (expected: an integer from 1 to 65535)"),
                Case.of(
                        "\n\n\n\n\n\n\n\n\n\n\nheartbeat_interval = 0",
                        "ERROR conmgr.conf:12: heartbeat_interval: 0 (expected: an integer >= 1)"),
                Case.of(
                        "heartbeat_timeout = -5",
                        "ERROR conmgr.conf:1: heartbeat_timeout: -5 (expected: an integer >= 1)"),
                Case.of(
                        "heartbeat_connect_timeout = 3000000",
                        "ERROR conmgr.conf:1: heartbeat_connect_timeout: 3000000 (expected: at most 2147483 seconds)"),
                Case.of(
                        "heartbeat_connect_timeout = 25d",
                        "ERROR conmgr.conf:1: heartbeat_connect_timeout: 25d (expected: at most 2147483 seconds)"),
                Case.of(
                        "heartbeat_connect_timeout = 99999999999",
                        "ERROR conmgr.conf:1: heartbeat_connect_timeout: 99999999999 (expected: an integer >= 1)"),
                Case.of(
                        "heartbeat_connect_interval = 9ms",
                        "ERROR conmgr.conf:1: heartbeat_connect_interval: 9ms (expected: a time >= 10ms: a whole number with ms, s, min, h or d; a bare number is in seconds)"),
                Case.of(
                        "heartbeat_interval = 1week",
                        "ERROR conmgr.conf:1: heartbeat_interval: 1week (expected: a time >= 10ms: a whole number with ms, s, min, h or d; a bare number is in seconds)"),
                Case.of("max_connections = -1", "ERROR conmgr.conf:1: max_connections: -1 (expected: an integer >= 0)"),
                Case.of(
                        "max_connections = 2147483648",
                        "ERROR conmgr.conf:1: max_connections: 2147483648 (expected: an integer >= 0)"),
                Case.of(
                        "log_min_messages = verbose",
                        "ERROR conmgr.conf:1: log_min_messages: verbose (expected: one of DEBUG, INFO, NOTICE, WARNING, ERROR, LOG, FATAL, PANIC)"),
                Case.of(
                        "syslog_facility = LOCAL8",
                        "ERROR conmgr.conf:1: syslog_facility: LOCAL8 (expected: one of LOCAL0, LOCAL1, LOCAL2, LOCAL3, LOCAL4, LOCAL5, LOCAL6, LOCAL7)"),
                Case.of("syslog_ident = ''", "ERROR conmgr.conf:1: syslog_ident: ''" + IDENT),
                Case.of("syslog_ident = 'my conmgr'", "ERROR conmgr.conf:1: syslog_ident: my conmgr" + IDENT),
                Case.of("syslog_ident = a:b", "ERROR conmgr.conf:1: syslog_ident: a:b" + IDENT),
                Case.onWindows(
                        "event_source = 'my\\conmgr'",
                        "ERROR conmgr.conf:1: event_source: my\\conmgr (expected: 1 to 255 characters, none of them a"
                                + " backslash)"),
                Case.of(
                        "log_destination = eventlog",
                        "ERROR conmgr.conf:1: log_destination: eventlog (expected: on Linux: stderr or syslog, or both with a comma between)"),
                Case.of(
                        "log_destination = 'stderr,'",
                        "ERROR conmgr.conf:1: log_destination: stderr, (expected: on Linux: stderr or syslog, or both with a comma between)"),
                Case.of(
                        "log_destination = ''",
                        "ERROR conmgr.conf:1: log_destination: '' (expected: on Linux: stderr or syslog, or both with a comma between)"),
                Case.onWindows(
                        "log_destination = syslog",
                        "ERROR conmgr.conf:1: log_destination: syslog (expected: on Windows: stderr or eventlog, or both with a comma between)"),

                // Hosts
                Case.of(
                        "backend_host0 = 'db1,db2'",
                        "ERROR conmgr.conf:1: backend_host0: db1,db2 (expected: one host name or IP address)"),
                Case.of(
                        "backend_host0 = '/tmp'",
                        "ERROR conmgr.conf:1: backend_host0: /tmp (expected: one host name or IP address)"),
                Case.of(
                        "backend_host0 = 'db1:5432'",
                        "ERROR conmgr.conf:1: backend_host0: db1:5432 (expected: one host name or IP address)"),
                Case.of(
                        "backend_host0 = '[::1]'",
                        "ERROR conmgr.conf:1: backend_host0: [::1] (expected: one host name or IP address)"),
                Case.of(
                        "backend_host0 = 'a b'",
                        "ERROR conmgr.conf:1: backend_host0: a b (expected: one host name or IP address)"),
                Case.of(
                        "backend_host0 = 10.0.0.256",
                        "ERROR conmgr.conf:1: backend_host0: 10.0.0.256 (expected: one host name or IP address)"),
                Case.of(
                        "backend_host0 = a..b",
                        "ERROR conmgr.conf:1: backend_host0: a..b (expected: one host name or IP address)"),
                Case.of(
                        "backend_hostaddr0 = localhost",
                        "ERROR conmgr.conf:1: backend_hostaddr0: localhost (expected: an IPv4 or IPv6 address, not a name)"),
                Case.of(
                        "backend_hostaddr0 = 10.0.0",
                        "ERROR conmgr.conf:1: backend_hostaddr0: 10.0.0 (expected: an IPv4 or IPv6 address, not a name)"),
                Case.of(
                        "backend_hostaddr0 = 192.168.001.010",
                        "ERROR conmgr.conf:1: backend_hostaddr0: 192.168.001.010 (expected: an IPv4 or IPv6 address, not a name)"),
                Case.of(
                        "backend_hostaddr0 = fe80::1::2",
                        "ERROR conmgr.conf:1: backend_hostaddr0: fe80::1::2 (expected: an IPv4 or IPv6 address, not a name)"),
                Case.of(
                        "backend_hostaddr0 = :::::",
                        "ERROR conmgr.conf:1: backend_hostaddr0: ::::: (expected: an IPv4 or IPv6 address, not a name)"),
                Case.of(
                        "backend_hostaddr0 = '[::1]'",
                        "ERROR conmgr.conf:1: backend_hostaddr0: [::1] (expected: an IPv4 or IPv6 address, without brackets)"),

                // The whole
                Case.of(
                        "",
                        "ERROR conmgr.conf: no instance (expected: backend_host0 or backend_hostaddr0, and one for each instance)"),
                Case.of(
                        "port = 5432\n",
                        "ERROR conmgr.conf: no instance (expected: backend_host0 or backend_hostaddr0, and one for each instance)"),
                Case.of(
                        "backend_host0 = ''",
                        "ERROR conmgr.conf:1: backend_host0: instance 0 has no host (expected: backend_host0 or backend_hostaddr0)"),
                Case.of(
                        "watchdog_port7=5\nbackend_port7=6\nbackend_host0=a",
                        "ERROR conmgr.conf:1: watchdog_port7: instance 7 has no host (expected: backend_host7 or backend_hostaddr7)"),
                Case.of(
                        "port = 0\nprot = 1\nport\nbackend_host0 = 'a\nbackend_port1 = 0",
                        "ERROR conmgr.conf:1: port: 0 (expected: an integer from 1 to 65535)",
                        "ERROR conmgr.conf:2: prot: unknown parameter (did you mean port?)",
                        "ERROR conmgr.conf:3: port (expected: name = value)",
                        "ERROR conmgr.conf:4: backend_host0: no closing quote (a quote within quotes is written '')",
                        "ERROR conmgr.conf:5: backend_port1: 0 (expected: an integer from 1 to 65535)",
                        "ERROR conmgr.conf:5: backend_port1: instance 1 has no host (expected: backend_host1 or backend_hostaddr1)"),

                // Not errors
                Case.of("backend_host0=a\nport = 1\n\nPORT = 2", "WARNING conmgr.conf:4: port: 2 replaces 1 of line 2"),
                Case.of(
                        "backend_host0=''\nbackend_host00=b",
                        "WARNING conmgr.conf:2: backend_host0: b replaces '' of line 1"),
                Case.of("backend_host0=a\nport = x\nport = 2", "WARNING conmgr.conf:3: port: 2 replaces x of line 2"),
                Case.of(
                        "backend_host0=a\nheartbeat_interval=20",
                        "WARNING conmgr.conf:2: heartbeat_timeout: 20s is not above heartbeat_interval: 20s; every link will time out between two beats"),
                Case.of(
                        "backend_host0=a\nheartbeat_timeout=200ms\nheartbeat_interval=1",
                        "WARNING conmgr.conf:3: heartbeat_timeout: 200ms is not above heartbeat_interval: 1s; every link will time out between two beats"),
                Case.of(
                        "backend_host0=db\nbackend_host1=DB\nwatchdog_port1=5",
                        "WARNING conmgr.conf:2: backend_port1: instances 0 and 1 have the same host (DB) and backend_port (27500)"),
                Case.of(
                        "backend_host0=db\nbackend_port0=5432\nbackend_host1=db\nbackend_port1=5433",
                        "WARNING conmgr.conf:3: watchdog_port1: instances 0 and 1 have the same host (db) and watchdog_port (27545)"),
                Case.of(
                        "backend_host0=a\nevent_source=x",
                        "NOTICE conmgr.conf:2: event_source: has no effect on Linux"),
                Case.onWindows(
                        "backend_host0=a\nsyslog_ident=x\nsyslog_facility=local1",
                        "NOTICE conmgr.conf:2: syslog_ident: has no effect on Windows",
                        "NOTICE conmgr.conf:3: syslog_facility: has no effect on Windows"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void saysEveryProblemWithItsLine(Case given) {
        ConfFile.Reading reading = ConfFile.parse("conmgr.conf", given.file().getBytes(UTF_8), given.platform());
        assertThat(texts(reading)).containsExactlyElementsOf(given.problems());
        assertThat(reading.conf() == null)
                .isEqualTo(given.problems().stream().anyMatch(problem -> problem.startsWith("ERROR")));
    }

    @Test
    void namesTheLineThatIsNotUtf8() {
        byte[] bytes = "backend_host0 = a\n# caf\u00e9\nport = 5\n".getBytes(ISO_8859_1);
        assertThat(texts(ConfFile.parse("my.conf", bytes, Platform.LINUX)))
                .containsExactly("ERROR my.conf:2: not valid UTF-8");
    }

    @Test
    void refusesUtf16() {
        byte[] bytes = "\ufeffbackend_host0 = a\n".getBytes(UTF_16LE);
        assertThat(texts(ConfFile.parse("conmgr.conf", bytes, Platform.WINDOWS)))
                .contains("ERROR conmgr.conf: is UTF-16 (expected: UTF-8)");
    }

    @Test
    void keepsAHundredErrorsAndCountsTheRest() {
        List<String> texts =
                texts(ConfFile.parse("conmgr.conf", "rubbish\n".repeat(1000).getBytes(UTF_8), Platform.LINUX));
        assertThat(texts)
                .hasSize(101)
                .startsWith("ERROR conmgr.conf:1: rubbish (expected: name = value)")
                .endsWith("ERROR conmgr.conf: and 900 more errors");
    }

    @Test
    void refusesAHugeFile(@TempDir Path directory) throws IOException {
        ByteArrayOutputStream big = new ByteArrayOutputStream();
        while (big.size() <= ConfFile.MAX_BYTES) {
            big.writeBytes("# filler\n".getBytes(UTF_8));
        }
        Path file = Files.write(directory.resolve("conmgr.conf"), big.toByteArray());
        assertThat(ConfFile.check(file)).hasToString("[conmgr.conf: larger than 1048576 bytes]");
    }

    @Test
    void aFileThatCannotBeReadIsAProblem(@TempDir Path directory) {
        assertThat(ConfFile.check(directory.resolve("conmgr.conf"))).hasToString("[conmgr.conf: no such file]");
        assertThat(ConfFile.check(directory)).singleElement().satisfies(problem -> assertThat(problem.text())
                .isEqualTo("cannot be read: Is a directory"));
    }

    private static List<String> texts(ConfFile.Reading reading) {
        assertThat(reading.errors())
                .isEqualTo(reading.problems().stream()
                        .filter(problem -> problem.severity() == Severity.ERROR)
                        .toList());
        return reading.problems().stream()
                .map(problem -> problem.severity() + " " + problem)
                .toList();
    }
}
