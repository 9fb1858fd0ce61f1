package org.conmgr.log.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.conmgr.api.log.LogStatus;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.Severity;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.Test;

/** What is written where: settings, severities, order, and destinations that have no sink. */
class AsyncMessageLogTest extends LogWithSinks {
    @Test
    void writesToStderrByDefault() {
        add(stderr);
        add(syslog);
        logAll(0, 100);

        awaitHeadlines(stderr, headlines(0, 100));
        assertThat(syslog.headlines()).isEmpty();
        assertThat(stderr.lastWriter().getName()).isEqualTo("conmgr-log-stderr");
        assertThat(stderr.lastWriter().isDaemon()).isTrue();
    }

    @Test
    void writesToSeveralDestinationsAtOnce() {
        add(stderr);
        add(syslog);
        settings("'stderr, syslog'", "WARNING");
        logAll(0, 100);

        awaitHeadlines(stderr, headlines(0, 100));
        awaitHeadlines(syslog, headlines(0, 100));
    }

    @Test
    void messagesOfManyThreadsHaveTheSameOrderEverywhereAndItIsThatOfTime() throws InterruptedException {
        AsyncMessageLog shared = new AsyncMessageLog(Clock.systemUTC(), time.scheduler(), karaf);
        shared.addSink(stderr, Origin.OURS);
        shared.addSink(syslog, Origin.OURS);
        shared.applySettings(new LogSettingsSource("stderr,syslog", "", "WARNING"));
        List<Thread> threads = IntStream.range(0, 8)
                .mapToObj(thread -> new Thread(() -> {
                    for (int number = 0; number < 400; number++) {
                        shared.log(Message.INSTANCE_DEAD, thread * 1000 + number, "test");
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        shared.close();

        assertThat(stderr.headlines())
                .hasSize(3200)
                .isEqualTo(syslog.headlines())
                .isEqualTo(karaf.headlines());
        assertThat(stderr.times()).isSorted();
    }

    @Test
    void bridgesToKarafWhateverTheDestination() {
        add(stderr);
        settings("syslog", "WARNING");
        logAll(0, 3);

        awaitHeadlines(karaf, headlines(0, 3));
        assertThat(stderr.headlines()).isEmpty();
    }

    @Test
    void aSinkOfYourOwnThatIsNotThereHoldsUpNothingAndIsWaitedFor() {
        add(stderr);
        settings("stderr", "own", "WARNING");
        logAll(0, 3);
        awaitHeadlines(stderr, headlines(0, 3));

        RecordingSink own = new RecordingSink("own");
        add(own);
        awaitHeadlines(own, headlines(0, 3));
    }

    @Test
    void leavesOutWhatIsBelowTheLeastSeverityInTheGuidesOrder() {
        add(stderr);
        settings("stderr", "LOG");
        log.log(Message.INVALID_SETTING, "an error is below", "LOG");
        log.log(Message.INVALID_FIRST_PACKET, "so is", "debug");
        log.log(Message.LISTENING, "a");
        log.log(Message.CANNOT_START, "b");

        awaitHeadlines(stderr, "CM4001: listening for applications on a", "CM9002: cannot start: b");
        assertThat(log.leastSeverity()).isEqualTo(Severity.LOG);
    }

    @Test
    void refusesASeverityItDoesNotKnowAndKeepsWhatWasInForce() {
        add(stderr);
        settings("syslog", "LOUD");

        awaitHeadlines(
                stderr,
                "CM1001: org.conmgr.log: log_min_messages: LOUD (expected: one of DEBUG, INFO, NOTICE, WARNING, ERROR,"
                        + " LOG, FATAL, PANIC)");
        assertThat(log.leastSeverity()).isEqualTo(Severity.WARNING);
        assertThat(status("stderr").named()).isTrue();
    }

    @Test
    void refusesADestinationNobodyKnowsAndKeepsWhatWasInForce() {
        add(stderr);
        settings("stderr,sylog", "PANIC");
        time.advance(PAST_THE_GRACE);
        log.log(Message.LISTENING, "a");

        awaitHeadlines(
                stderr,
                "CM1001: org.conmgr.log: log_destination: stderr,sylog (expected: a list of eventlog, stderr, syslog)",
                "CM4001: listening for applications on a");
    }

    @Test
    void aRefusedSettingThatWasCorrectedMeanwhileIsNotToldOf() {
        add(stderr);
        settings("sylog", "LOG");
        settings("stderr", "LOG");
        time.advance(PAST_THE_GRACE);
        log.log(Message.LISTENING, "a");

        awaitHeadlines(stderr, "CM4001: listening for applications on a");
    }

    @Test
    void aDestinationOfAPlugInIsKnownOnceItsSinkIsThere() {
        RecordingSink carrier = new RecordingSink("pigeon");
        settings("pigeon", "WARNING");
        add(carrier);
        logAll(0, 3);
        time.advance(PAST_THE_GRACE);

        awaitHeadlines(carrier, headlines(0, 3));
        awaitHeadlines(karaf, headlines(0, 3));
    }

    @Test
    void aDestinationOfAPlugInThatComesLateIsPutInForce() {
        RecordingSink carrier = new RecordingSink("pigeon");
        settings("pigeon", "WARNING");
        time.advance(PAST_THE_GRACE);
        assertThat(log.destinations()).extracting(LogStatus.Destination::name).doesNotContain("pigeon");

        add(carrier);
        logAll(0, 3);

        awaitHeadlines(carrier, headlines(0, 3));
    }

    @Test
    void keepsMessagesUntilTheFirstSinkComes() {
        logAll(0, 100);
        assertThat(status("stderr")).isEqualTo(new LogStatus.Destination("stderr", true, false, 100, 0, 0));

        add(stderr);

        awaitHeadlines(stderr, headlines(0, 100));
        Await.until("all are counted", () -> status("stderr").written() == 100);
    }

    @Test
    void saysAfterAGraceThatADestinationHasNoSink() {
        add(stderr);
        settings("stderr,syslog", "WARNING");
        time.advance(AsyncMessageLog.GRACE.minusMillis(1));
        assertThat(stderr.attempts()).isZero();

        time.advance(Duration.ofMillis(1));

        String warning = "CM6001: messages are to go to \"syslog\", but nothing writes there";
        awaitHeadlines(stderr, warning);
        awaitHeadlines(karaf, warning);

        add(syslog);
        logAll(0, 3);
        awaitHeadlines(syslog, warning, headlines(0, 1)[0], headlines(1, 2)[0], headlines(2, 3)[0]);
    }

    @Test
    void aSinkThatComesWithinTheGraceIsNotMissed() {
        settings("syslog", "WARNING");
        time.advance(Duration.ofSeconds(1));
        add(syslog);
        time.advance(PAST_THE_GRACE);
        logAll(0, 1);

        awaitHeadlines(karaf, headlines(0, 1));
    }

    @Test
    void anAbsenceIsToldAgainOnceTheDestinationIsNamedAgain() {
        add(stderr);
        for (String destination : List.of("syslog", "stderr", "syslog")) {
            settings(destination, "WARNING");
            time.advance(PAST_THE_GRACE);
        }

        String warning = "CM6001: messages are to go to \"syslog\", but nothing writes there";
        awaitHeadlines(karaf, warning, warning);
    }

    @Test
    void aSinkThatWentForGoodIsMissed() {
        add(stderr);
        log.removeSink(stderr);
        time.advance(PAST_THE_GRACE);

        awaitHeadlines(karaf, "CM6001: messages are to go to \"stderr\", but nothing writes there");
    }

    @Test
    void whatADestinationMissedWhileItWasNotNamedStaysMissed() {
        settings("syslog", "WARNING");
        logAll(0, 3);
        settings("stderr", "WARNING");
        logAll(3, 6);
        settings("syslog", "WARNING");
        add(syslog);
        logAll(6, 9);

        awaitHeadlines(syslog, headlines(6, 9));
    }
}
