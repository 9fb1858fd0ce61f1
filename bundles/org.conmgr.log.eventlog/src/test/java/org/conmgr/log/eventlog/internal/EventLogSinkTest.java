package org.conmgr.log.eventlog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.platform.win32.WinNT;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.Severity;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.LogSinkContract;
import org.conmgr.testkit.RecordingLog;
import org.conmgr.testkit.ShippedSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sink on an event log in memory: Windows itself is not needed here, nor tried. */
class EventLogSinkTest extends LogSinkContract {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");

    private final MemoryEventLog eventLog = new MemoryEventLog();

    @Override
    protected LogSink open() {
        return open("conmgr");
    }

    private EventLogSink open(String source) {
        return new EventLogSink(eventLog, configuration(source));
    }

    private static EventLogConfiguration configuration(String source) {
        return Configs.of(EventLogConfiguration.class, Map.of("event_source", source));
    }

    @Override
    protected String arrived() {
        return String.join("\n", eventLog.calls);
    }

    @Override
    protected void breakDestination() {
        eventLog.broken = true;
    }

    @ParameterizedTest
    @CsvSource({
        "DEBUG, INFORMATION",
        "INFO, INFORMATION",
        "NOTICE, INFORMATION",
        "LOG, INFORMATION",
        "WARNING, WARNING",
        "ERROR, ERROR",
        "FATAL, ERROR",
        "PANIC, ERROR"
    })
    void mapsSeveritiesAsPostgreSqlDoes(Severity severity, EventLog.Type type) {
        assertThat(EventLog.Type.of(severity)).isEqualTo(type);
    }

    @Test
    void theShippedFileShowsEverySetting() {
        ShippedSettings.check(EventLogSink.PID, EventLogConfiguration.class);
    }

    @Test
    void theTypesAreThoseOfWindows() {
        assertThat(EventLog.Type.ERROR.code()).isEqualTo(WinNT.EVENTLOG_ERROR_TYPE);
        assertThat(EventLog.Type.WARNING.code()).isEqualTo(WinNT.EVENTLOG_WARNING_TYPE);
        assertThat(EventLog.Type.INFORMATION.code()).isEqualTo(WinNT.EVENTLOG_INFORMATION_TYPE);
    }

    @Test
    void anEditIsForTheNextMessageUnlessItDoesNotFit() throws IOException {
        try (EventLogSink sink = open("one")) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "a"));
            sink.modified(configuration("a\\b"));
            sink.write(AT, LogMessage.of(Message.LISTENING, "b"));
            sink.modified(configuration("two"));
            sink.write(AT, LogMessage.of(Message.LISTENING, "c"));
        }

        assertThat(eventLog.calls)
                .containsExactly(
                        "register one",
                        "INFORMATION LOG:  CM4001: listening for applications on a",
                        "INFORMATION LOG:  CM4001: listening for applications on b",
                        "deregister",
                        "register two",
                        "INFORMATION LOG:  CM4001: listening for applications on c",
                        "deregister");
    }

    @Test
    void registersOnceAndReportsAnEventForEachMessage() throws IOException {
        try (EventLogSink sink = open("my conmgr")) {
            sink.write(AT, LogMessage.of(Message.TOO_MANY_CONNECTIONS, "a", 3));
            sink.write(AT, LogMessage.of(Message.CONF_WARNING, "b", "c"));
        }

        assertThat(eventLog.calls)
                .containsExactly(
                        "register my conmgr",
                        "INFORMATION LOG:  CM4003: closed a connection from a: 3 are open\n"
                                + "HINT:  Raise max_connections.",
                        "WARNING WARNING:  CM1004: b: c",
                        "deregister");
    }

    @Test
    void registersNothingBeforeTheFirstMessage() {
        open("conmgr").close();

        assertThat(eventLog.calls).isEmpty();
    }

    @Test
    void registersAgainAfterAFailure() throws IOException {
        try (EventLogSink sink = open("conmgr")) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "a"));
            eventLog.broken = true;
            assertThatThrownBy(() -> sink.write(AT, LogMessage.of(Message.LISTENING, "b")))
                    .isInstanceOf(IOException.class);
            eventLog.broken = false;
            sink.write(AT, LogMessage.of(Message.LISTENING, "c"));
        }

        assertThat(eventLog.calls)
                .containsExactly(
                        "register conmgr",
                        "INFORMATION LOG:  CM4001: listening for applications on a",
                        "deregister",
                        "register conmgr",
                        "INFORMATION LOG:  CM4001: listening for applications on c",
                        "deregister");
    }

    @Test
    void cutsWhatReportEventWouldRefuse() throws IOException {
        try (EventLogSink sink = open("conmgr")) {
            sink.write(AT, LogMessage.of(Message.LISTENING, "x".repeat(40_000)));
        }

        assertThat(eventLog.calls.get(1)).hasSize("INFORMATION ".length() + EventLogSink.LIMIT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\\b", "a\u0000b"})
    void aSourceThatCannotBeIsToldAndRefused(String source) {
        EventLogConfiguration configuration = Configs.of(EventLogConfiguration.class, Map.of("event_source", source));
        RecordingLog log = new RecordingLog();
        new EventLogSettingsCheck(log, configuration);

        assertThat(log.texts(Message.INVALID_SETTING))
                .singleElement()
                .asString()
                .startsWith("org.conmgr.log.eventlog: event_source: ");
        try (EventLogSink sink = new EventLogSink(eventLog, configuration)) {
            assertThatThrownBy(() -> sink.write(AT, LogMessage.of(Message.LISTENING, "a")))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("org.conmgr.log.eventlog: event_source: ");
        }
    }

    @Test
    void aSourceThatCanBeIsNotTold() {
        RecordingLog log = new RecordingLog();
        new EventLogSettingsCheck(log, Configs.of(EventLogConfiguration.class, Map.of()));

        assertThat(log.messages()).isEmpty();
    }

    /** The calls that would be made. */
    private static final class MemoryEventLog implements EventLog {
        private final List<String> calls = new CopyOnWriteArrayList<>();
        private volatile boolean broken;

        @Override
        public Source register(String name) {
            calls.add("register " + name);
            return new Source() {
                @Override
                public void report(Type type, String text) throws IOException {
                    if (broken) {
                        throw new IOException("ReportEvent: error 1722, The RPC server is unavailable.");
                    }
                    calls.add(type + " " + text);
                }

                @Override
                public void deregister() {
                    calls.add("deregister");
                }
            };
        }
    }
}
