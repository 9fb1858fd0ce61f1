package org.conmgr.log.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.conmgr.api.log.LogStatus;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.Severity;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.VirtualTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Version;

class AsyncMessageLogTest {
    private static final Duration PAST_THE_GRACE = AsyncMessageLog.GRACE.plusMillis(1);

    private final VirtualTime time = new VirtualTime();
    private final RecordingSink karaf = new RecordingSink("karaf");
    private final RecordingSink stderr = new RecordingSink("stderr");
    private final RecordingSink syslog = new RecordingSink("syslog");
    private final AsyncMessageLog log = new AsyncMessageLog(time.clock(), time.scheduler(), karaf);

    @AfterEach
    void closeLog() {
        stderr.goOn();
        syslog.goOn();
        karaf.goOn();
        log.close();
    }

    private void add(RecordingSink sink) {
        log.addSink(sink, Origin.OURS);
    }

    private void settings(String destinations, String leastSeverity) {
        settings(destinations, "", leastSeverity);
    }

    private void settings(String destinations, String more, String leastSeverity) {
        LogSettingsSource source = new LogSettingsSource(destinations, more, leastSeverity);
        log.applySettings(source);
        log.keepSettings(source);
    }

    /** Logs the messages {@code from} to {@code to - 1}. */
    private void logAll(int from, int to) {
        IntStream.range(from, to).forEach(number -> log.log(Message.INSTANCE_DEAD, number, "test"));
    }

    private static String[] headlines(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(number -> "CM2003: " + number + " declared dead: test")
                .toArray(String[]::new);
    }

    private static void awaitHeadlines(RecordingSink sink, String... headlines) {
        Await.passes("all messages are in " + sink.destination(), () -> assertThat(sink.headlines())
                .containsExactly(headlines));
    }

    private LogStatus.Destination status(String destination) {
        return log.destinations().stream()
                .filter(candidate -> candidate.name().equals(destination))
                .findFirst()
                .orElseThrow();
    }

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
    void aStuckSinkDelaysNeitherCallersNorOthers() {
        add(stderr);
        add(syslog);
        settings("stderr,syslog", "WARNING");
        syslog.stop();
        int count = AsyncMessageLog.CAPACITY + 100;
        for (int from = 0; from < count; from += 100) {
            int to = Math.min(count, from + 100);
            logAll(from, to);
            Await.until(
                    "the others have them",
                    () -> stderr.headlines().size() == to && karaf.headlines().size() == to);
        }

        assertThat(stderr.headlines()).containsExactly(headlines(0, count));
        // One is in hand, the queue is full, the newest are lost.
        assertThat(status("syslog").lost()).isEqualTo(99);

        syslog.goOn();
        List<String> expected = new ArrayList<>(List.of(headlines(0, count - 99)));
        expected.add("CM6003: messages lost here: 99");
        awaitHeadlines(syslog, expected.toArray(String[]::new));
    }

    @Test
    void theNoticeStandsWhereMessagesAreMissing() {
        add(stderr);
        stderr.stop();
        logAll(0, 1);
        Await.until("one is in hand", () -> stderr.attempts() == 1);
        logAll(1, AsyncMessageLog.CAPACITY + 3);
        stderr.goOn();
        Await.until("there is room again", () -> status("stderr").waiting() == 0);
        logAll(9999, 10000);

        Await.until("the last is written", () -> stderr.headlines().contains("CM2003: 9999 declared dead: test"));
        assertThat(stderr.headlines())
                .hasSize(AsyncMessageLog.CAPACITY + 3)
                .endsWith("CM6003: messages lost here: 2", "CM2003: 9999 declared dead: test");
    }

    @Test
    void aFailingSinkIsToldOfOnceAndTellsWhatItLost() {
        add(stderr);
        add(syslog);
        settings("stderr,syslog", "WARNING");
        syslog.breakDown(true);
        logAll(0, 3);
        Await.until("three were tried", () -> status("syslog").lost() == 3);
        syslog.breakDown(false);
        logAll(3, 4);

        awaitHeadlines(syslog, "CM6003: messages lost here: 3", "CM2003: 3 declared dead: test");
        Await.until("stderr has all", () -> stderr.headlines().size() == 5);
        assertThat(stderr.headlines())
                .filteredOn(headline -> headline.startsWith("CM6002"))
                .containsExactly("CM6002: messages cannot be written to \"syslog\": broken");
        assertThat(status("syslog").written()).isOne();
    }

    @Test
    void aSinkThatThrowsAnythingElseGoesOn() {
        Error bug = new AssertionError("bug");
        boolean[] buggy = {true};
        RecordingSink written = new RecordingSink("stderr");
        log.addSink(
                new org.conmgr.api.log.LogSink() {
                    @Override
                    public String destination() {
                        return "stderr";
                    }

                    @Override
                    public void write(java.time.Instant at, org.conmgr.api.log.LogMessage message)
                            throws java.io.IOException {
                        if (buggy[0]) {
                            buggy[0] = false;
                            throw bug;
                        }
                        written.write(at, message);
                    }
                },
                Origin.OURS);
        logAll(0, 2);

        awaitHeadlines(written, "CM6003: messages lost here: 1", "CM2003: 1 declared dead: test");
        Await.until("Karaf's log tells", () -> karaf.headlines()
                .contains("CM9001: log destination \"stderr\" failed and goes on: java.lang.AssertionError: bug"));
    }

    @Test
    void nothingIsLostWhenSinksTakeTurns() {
        List<RecordingSink> turns = new ArrayList<>();
        RecordingSink old = new RecordingSink("stderr");
        add(old);
        turns.add(old);
        for (int turn = 0; turn < 50; turn++) {
            logAll(turn * 20, turn * 20 + 10);
            log.removeSink(old);
            logAll(turn * 20 + 10, turn * 20 + 20);
            old = new RecordingSink("stderr");
            turns.add(old);
            add(old);
        }

        Await.passes(
                "all are written once, in order",
                () -> assertThat(turns).flatMap(RecordingSink::headlines).containsExactly(headlines(0, 1000)));
        assertThat(turns).noneMatch(RecordingSink::wasShared);
        assertThat(status("stderr").lost()).isZero();
    }

    @Test
    void theSinkOfTheHighestRankingWrites() {
        RecordingSink better = new RecordingSink("stderr");
        log.addSink(stderr, origin(0, 1, "ours", "1"));
        log.addSink(better, origin(10, 2, "theirs", "1"));
        log.addSink(syslog, origin(0, 3, "ours", "1"));
        logAll(0, 1);
        awaitHeadlines(better, headlines(0, 1));

        log.removeSink(better);
        logAll(1, 2);

        awaitHeadlines(stderr, headlines(1, 2));
        assertThat(syslog.headlines()).isEmpty();
    }

    private static Origin origin(int ranking, long serviceId, String bundle, String version) {
        return new Origin(ranking, serviceId, bundle, Version.valueOf(version));
    }

    @Test
    void aHigherVersionOfTheSameBundleReplacesALower() {
        RecordingSink newer = new RecordingSink("stderr");
        RecordingSink newest = new RecordingSink("stderr");
        RecordingSink foreign = new RecordingSink("stderr");
        log.addSink(stderr, origin(0, 1, "ours", "1.0.0"));
        log.addSink(newest, origin(0, 2, "ours", "1.0.10"));
        log.addSink(newer, origin(0, 3, "ours", "1.0.9"));
        log.addSink(foreign, origin(0, 4, "theirs", "2"));
        logAll(0, 1);
        awaitHeadlines(newest, headlines(0, 1));

        log.removeSink(newest);
        logAll(1, 2);
        awaitHeadlines(newer, headlines(1, 2));

        log.removeSink(newer);
        logAll(2, 3);
        awaitHeadlines(stderr, headlines(2, 3));

        log.removeSink(stderr);
        logAll(3, 4);
        awaitHeadlines(foreign, headlines(3, 4));
    }

    @Test
    void aLowerVersionWithAHigherRankingIsNotReplaced() {
        RecordingSink newer = new RecordingSink("stderr");
        log.addSink(stderr, origin(1, 1, "ours", "1"));
        log.addSink(newer, origin(0, 2, "ours", "2"));
        logAll(0, 1);
        awaitHeadlines(stderr, headlines(0, 1));
        assertThat(newer.headlines()).isEmpty();
    }

    @Test
    void aSinkThatGoesFirstWritesWhatWaits() {
        add(stderr);
        stderr.stop();
        logAll(0, 100);
        stderr.goOn();

        log.removeSink(stderr);

        assertThat(stderr.headlines()).containsExactly(headlines(0, 100));
    }

    @Test
    void aStuckSinkThatGoesIsLeftBehind() {
        add(stderr);
        stderr.stop();
        logAll(0, 10);
        Await.until("one is in hand", () -> stderr.attempts() == 1);

        long start = System.nanoTime();
        log.removeSink(stderr);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(AsyncMessageLog.PATIENCE.minusMillis(100), AsyncMessageLog.PATIENCE.plusSeconds(2));

        RecordingSink next = new RecordingSink("stderr");
        add(next);
        // The one that was in hand is lost with its sink.
        Await.until("the rest goes to the next", () -> next.headlines().size() >= 9);
        assertThat(next.headlines()).endsWith(headlines(1, 10));
    }

    @Test
    void closeWritesWhatWaits() {
        add(stderr);
        add(syslog);
        settings("stderr,syslog", "WARNING");
        stderr.stop();
        logAll(0, 1000);
        stderr.goOn();

        log.close();

        assertThat(stderr.headlines()).containsExactly(headlines(0, 1000));
        assertThat(syslog.headlines()).containsExactly(headlines(0, 1000));
        assertThat(karaf.headlines()).containsExactly(headlines(0, 1000));
    }

    @Test
    void closeIsBoundedAndEndsEveryThread() {
        add(stderr);
        add(syslog);
        settings("stderr,syslog", "WARNING");
        stderr.stop();
        syslog.stop();
        logAll(0, 10);
        Await.until("both are stuck", () -> stderr.attempts() == 1 && syslog.attempts() == 1);

        long start = System.nanoTime();
        log.close();
        log.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(AsyncMessageLog.PATIENCE.plusSeconds(2));
        Await.until(
                "their threads have ended",
                () -> !stderr.lastWriter().isAlive() && !syslog.lastWriter().isAlive());
        logAll(10, 20);
        assertThat(status("stderr").waiting()).isLessThan(10);
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
