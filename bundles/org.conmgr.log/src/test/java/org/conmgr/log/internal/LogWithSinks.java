package org.conmgr.log.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.conmgr.api.log.LogStatus;
import org.conmgr.api.log.Message;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.VirtualTime;
import org.junit.jupiter.api.AfterEach;

/** For tests of the log under virtual time, with sinks that record. */
abstract class LogWithSinks {
    static final Duration PAST_THE_GRACE = AsyncMessageLog.GRACE.plusMillis(1);

    final VirtualTime time = new VirtualTime();
    final RecordingSink karaf = new RecordingSink("karaf");
    final RecordingSink stderr = new RecordingSink("stderr");
    final RecordingSink syslog = new RecordingSink("syslog");
    final AsyncMessageLog log = new AsyncMessageLog(time.clock(), time.scheduler(), karaf);

    @AfterEach
    void closeLog() {
        stderr.goOn();
        syslog.goOn();
        karaf.goOn();
        log.close();
    }

    void add(RecordingSink sink) {
        log.addSink(sink, Origin.OURS);
    }

    void settings(String destinations, String leastSeverity) {
        settings(destinations, "", leastSeverity);
    }

    void settings(String destinations, String more, String leastSeverity) {
        LogSettingsSource source = new LogSettingsSource(destinations, more, leastSeverity);
        log.applySettings(source);
        log.keepSettings(source);
    }

    /** Logs the messages {@code from} to {@code to - 1}. */
    void logAll(int from, int to) {
        IntStream.range(from, to).forEach(number -> log.log(Message.INSTANCE_DEAD, number, "test"));
    }

    static String[] headlines(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(number -> "CM2003: " + number + " declared dead: test")
                .toArray(String[]::new);
    }

    static void awaitHeadlines(RecordingSink sink, String... headlines) {
        Await.passes("all messages are in " + sink.destination(), () -> assertThat(sink.headlines())
                .containsExactly(headlines));
    }

    LogStatus.Destination status(String destination) {
        return log.destinations().stream()
                .filter(candidate -> candidate.name().equals(destination))
                .findFirst()
                .orElseThrow();
    }
}
