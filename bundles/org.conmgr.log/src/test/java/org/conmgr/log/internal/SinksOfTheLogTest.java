package org.conmgr.log.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Version;

/** Sinks that are stuck, fail, compete or go, and the end of the log. */
class SinksOfTheLogTest extends LogWithSinks {
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
}
