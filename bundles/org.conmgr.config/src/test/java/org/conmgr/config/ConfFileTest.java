package org.conmgr.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What good files say. */
class ConfFileTest {
    @Test
    void theGuidesFirstExample() {
        assertThat(instances("""
                        backend_host0='host0'
                        backend_port0=5432
                        backend_host1='host1'
                        backend_port1=2345
                        """)).containsExactly(instance(0, "host0", "5432"), instance(1, "host1", "2345"));
    }

    @Test
    void theGuidesExampleOfMixedNumbers() {
        assertThat(instances("""
                        backend_host0='host0'
                        backend_host1='host1'
                        backend_port0=5432
                        backend_port1=2345
                        """)).containsExactly(instance(0, "host0", "5432"), instance(1, "host1", "2345"));
    }

    @Test
    void theGuidesExampleOfAMissingNumber() {
        assertThat(instances("""
                        backend_host0='host0'
                        backend_host2='host2'
                        backend_port0=5432
                        backend_port2=2345
                        """)).containsExactly(instance(0, "host0", "5432"), instance(2, "host2", "2345"));
    }

    @Test
    void theGuidesExampleOfAMissingHostIsAnError() {
        ConfFile.Reading reading = parse("""
                backend_host0='host0'
                backend_host2='host2'
                backend_port0=5432
                backend_port1=5555
                backend_port2=2345
                """);
        assertThat(reading.conf()).isNull();
        assertThat(reading.problems())
                .hasToString("[conmgr.conf:4: backend_port1: instance 1 has no host (expected: backend_host1 or"
                        + " backend_hostaddr1)]");
    }

    @Test
    void defaultsAreTheGuides() {
        Conf conf = conf("backend_host0=a");
        assertThat(conf.values())
                .containsOnly(
                        entry(Parameter.PORT, "27546"),
                        entry(Parameter.HEARTBEAT_INTERVAL, "10"),
                        entry(Parameter.HEARTBEAT_TIMEOUT, "20"),
                        entry(Parameter.HEARTBEAT_CONNECT_INTERVAL, "1"),
                        entry(Parameter.HEARTBEAT_CONNECT_TIMEOUT, "10"),
                        entry(Parameter.LOG_DESTINATION, "stderr"),
                        entry(Parameter.SYSLOG_FACILITY, "LOCAL0"),
                        entry(Parameter.SYSLOG_IDENT, "conmgr"),
                        entry(Parameter.EVENT_SOURCE, "conmgr"),
                        entry(Parameter.LOG_MIN_MESSAGES, "WARNING"),
                        entry(Parameter.MAX_CONNECTIONS, "0"));
        assertThat(conf.instances().get(0))
                .containsOnly(
                        entry(Parameter.BACKEND_HOST, "a"),
                        entry(Parameter.BACKEND_PORT, "27500"),
                        entry(Parameter.WATCHDOG_PORT, "27545"));
    }

    @Test
    void everyParameterGoesToItsPid() {
        Conf conf = conf("""
                port = 1
                backend_host4 = db4
                backend_hostaddr4 = 10.0.0.4
                backend_port4 = 2
                watchdog_port4 = 3
                heartbeat_interval = 4
                heartbeat_timeout = 5
                heartbeat_connect_interval = 6
                heartbeat_connect_timeout = 7
                log_destination = 'syslog, stderr'
                syslog_facility = local7
                syslog_ident = 'conn-mgr'
                event_source = es
                log_min_messages = debug
                max_connections = 8
                """);
        assertThat(conf.configurations())
                .containsOnly(
                        entry("org.conmgr.listener", Map.of("port", "1", "max_connections", "8")),
                        entry(
                                "org.conmgr.heartbeat",
                                Map.of(
                                        "heartbeat_interval", "4",
                                        "heartbeat_timeout", "5",
                                        "heartbeat_connect_interval", "6",
                                        "heartbeat_connect_timeout", "7")),
                        entry(
                                "org.conmgr.instance~4",
                                Map.of(
                                        "backend_host", "db4",
                                        "backend_hostaddr", "10.0.0.4",
                                        "backend_port", "2",
                                        "watchdog_port", "3")),
                        entry(
                                "org.conmgr.log",
                                Map.of("log_destination", "stderr,syslog", "log_min_messages", "DEBUG")),
                        entry("org.conmgr.log.syslog", Map.of("syslog_facility", "LOCAL7", "syslog_ident", "conn-mgr")),
                        entry("org.conmgr.log.eventlog", Map.of("event_source", "es")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event_source=x y",
                "event_source = x y # z",
                "  \tevent_source\t= \t x y   ",
                "event_source ='x y'#z",
                "Event_Source = x y\r",
            })
    void blanksAndCommentsDoNotMatter(String line) {
        assertThat(value(Parameter.EVENT_SOURCE, line.replaceFirst("'?x y'?", "'x y'")))
                .isEqualTo("x y");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
                    'it''s',        it's
                    '''',           '
                    '#1',           #1
                    'a # b',        a # b
                    '  a  ',        a
                    'a=b',          a=b
                    "a""b",         "a""b"
                    x#y,            x
                    a=b,            a=b
                    ünïcødé,        ünïcødé
                    """)
    void strings(String written, String value) {
        assertThat(value(Parameter.EVENT_SOURCE, "event_source = " + written)).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "'''7''', 7",
        "007, 7",
        "2147483, 2147483",
        "200ms, 200ms",
        "2000ms, 2",
        "2s, 2",
        "'''2 s''', 2",
        "1min, 60",
        "1500ms, 1500ms",
        "1h, 3600",
        "1d, 86400",
        "10ms, 10ms"
    })
    void timesTakeAUnitAndAreSecondsWithoutOne(String written, String value) {
        assertThat(value(Parameter.HEARTBEAT_CONNECT_INTERVAL, "heartbeat_connect_interval = " + written))
                .isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({"warning, WARNING", "Log, LOG", "PANIC, PANIC", "'''info''', INFO"})
    void enumsInAnyCase(String written, String value) {
        assertThat(value(Parameter.LOG_MIN_MESSAGES, "log_min_messages = " + written))
                .isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({
        "stderr, stderr",
        "SYSLOG, syslog",
        "'''syslog,stderr''', 'stderr,syslog'",
        "''' stderr , stderr ''', stderr",
        "'stderr,syslog', 'stderr,syslog'"
    })
    void destinations(String written, String value) {
        assertThat(value(Parameter.LOG_DESTINATION, "log_destination = " + written))
                .isEqualTo(value);
    }

    @Test
    void windowsHasItsEventLog() {
        ConfFile.Reading reading = ConfFile.parse(
                "conmgr.conf",
                "backend_host0=a\r\nlog_destination='eventlog, stderr'\r\nevent_source='My conmgr'\r\n".getBytes(UTF_8),
                Platform.WINDOWS);
        assertThat(reading.problems()).isEmpty();
        assertThat(Objects.requireNonNull(reading.conf()).values())
                .contains(entry(Parameter.LOG_DESTINATION, "stderr,eventlog"))
                .contains(entry(Parameter.EVENT_SOURCE, "My conmgr"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "db-1.example.com",
                "db_1",
                "DB1.",
                "10.0.0.1",
                "::1",
                "2001:db8::5432",
                "::ffff:10.0.0.1",
                "1a",
                "a.1b"
            })
    void hosts(String host) {
        assertThat(conf("backend_host0 = " + host).instances().get(0)).containsEntry(Parameter.BACKEND_HOST, host);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "255.255.255.255", "::", "::1", "2001:DB8::5432", "fe80::1%1"})
    void addresses(String address) {
        assertThat(conf("backend_hostaddr0 = '" + address + "'").instances().get(0))
                .containsEntry(Parameter.BACKEND_HOSTADDR, address)
                .doesNotContainKey(Parameter.BACKEND_HOST);
    }

    @Test
    void instanceNumbersUpToInt() {
        assertThat(conf("backend_host2147483647=a\nbackend_host007=b\nbackend_host0=c")
                        .instances()
                        .keySet())
                .containsExactly(0, 7, 2147483647);
    }

    @Test
    void anEmptyHostIsNotGiven() {
        assertThat(conf("backend_host0=''\nbackend_hostaddr0=10.0.0.1")
                        .instances()
                        .get(0))
                .doesNotContainKey(Parameter.BACKEND_HOST);
    }

    @Test
    void aByteOrderMarkIsSkippedAndTheLastLineNeedsNoEnd() {
        assertThat(conf("\ufeffbackend_host0=a\r\nport=7").values()).containsEntry(Parameter.PORT, "7");
    }

    @Test
    void readsFromDisk(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve(ConfFile.NAME), "backend_host0='db'\n");
        assertThat(ConfFile.check(file)).isEmpty();
        assertThat(Objects.requireNonNull(ConfFile.read(file, Platform.LINUX).conf())
                        .describe(0))
                .isEqualTo("instance 0 (db:27500)");
    }

    @Test
    void knowsWhoseParametersAConfigurationHolds() {
        assertThat(Parameter.of("org.conmgr.listener", null))
                .containsExactly(Parameter.PORT, Parameter.MAX_CONNECTIONS);
        assertThat(Parameter.of("org.conmgr.instance~0", "org.conmgr.instance")).contains(Parameter.BACKEND_HOST);
        assertThat(Parameter.of("org.conmgr.routing", null)).isEmpty();
        assertThat(Parameter.of("org.conmgr.watchdog~main", "org.conmgr.watchdog"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Linux, LINUX",
        "Windows Server 2022, WINDOWS",
        "Windows 11, WINDOWS",
        "Mac OS X, LINUX",
        "Darwin, LINUX"
    })
    void knowsThePlatform(String osName, Platform platform) {
        assertThat(Platform.of(osName)).isEqualTo(platform);
    }

    @Test
    void tellsWhatChanged() {
        Conf before = conf("backend_host0=a\nbackend_host1=b\nport=1");
        Conf after = conf("backend_host0=a\nbackend_port0=5\nbackend_hostaddr0=10.0.0.1\nbackend_host2=c\nport=2");
        assertThat(after.changesFrom(before))
                .containsExactly(
                        "port: 1 -> 2",
                        "instance 1 (b:27500) removed",
                        "backend_hostaddr0: none -> 10.0.0.1",
                        "backend_port0: 27500 -> 5",
                        "instance 2 (c:27500) added");
        assertThat(after.changesFrom(after)).isEmpty();
    }

    private static Map.Entry<Integer, Map<Parameter, String>> instance(int number, String host, String port) {
        return Map.entry(
                number,
                Map.of(Parameter.BACKEND_HOST, host, Parameter.BACKEND_PORT, port, Parameter.WATCHDOG_PORT, "27545"));
    }

    private static Map<Integer, Map<Parameter, String>> instances(String text) {
        return conf(text).instances();
    }

    private static String value(Parameter parameter, String line) {
        return Objects.requireNonNull(conf("backend_host0=a\n" + line).values().get(parameter));
    }

    private static Conf conf(String text) {
        ConfFile.Reading reading = parse(text);
        assertThat(reading.errors()).isEmpty();
        return Objects.requireNonNull(reading.conf());
    }

    private static ConfFile.Reading parse(String text) {
        return ConfFile.parse("conmgr.conf", text.getBytes(UTF_8), Platform.LINUX);
    }
}
