package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Welcome;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What conmgr says to a watchdog that takes for a link what is none to conmgr. */
class ObjectionTest {
    private static final Terms DEMANDING = new Terms(null, null, true, "", "");

    private final Recorder outside = new Recorder();
    private final ConmgrLink link =
            new ConmgrLink(outside, new UUID(1, 1), ProtectedLinks.SETTINGS, InstantSource.system());

    private void welcome(int minor) {
        link.received(
                0,
                new Welcome(
                        Packet.MAJOR,
                        minor,
                        AttributeSet.NOT_YET,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 40000),
                        Map.of()));
    }

    /** A watchdog of before would end the host's sessions, but waits for one that is to be back. */
    @ParameterizedTest
    @CsvSource({"1, RESTART", "2, UNAUTHENTICATED"})
    void aWelcomeWithoutAProofIsAnsweredByOneThatTheWatchdogUnderstands(int minor, Goodbye.Reason expected) {
        link.start(0);
        link.connected(DEMANDING);
        welcome(minor);
        assertThat(outside.happened)
                .containsExactly(
                        "connect",
                        "Hello",
                        expected + " the watchdog has not proved that it has the shared secret",
                        "disconnect");
    }

    @ParameterizedTest
    @CsvSource({"1, RESTART", "2, UNAUTHENTICATED"})
    void soIsALinkThatDoesNotMeetNewDemands(int minor, Goodbye.Reason expected) {
        link.start(0);
        link.connected(Terms.NONE);
        welcome(minor);
        outside.happened.clear();
        link.termsChanged(0, DEMANDING, null);
        assertThat(outside.happened).containsExactly(expected + " the shared secret is now required", "disconnect");
    }

    @ParameterizedTest
    @CsvSource({"1, RESTART", "2, RESTART", "3, UNWATCHED"})
    void soIsALinkThatIsNotWantedAnyMore(int minor, Goodbye.Reason expected) {
        link.start(0);
        link.connected(Terms.NONE);
        welcome(minor);
        outside.happened.clear();
        link.stop(Goodbye.Reason.UNWATCHED, "configured otherwise");
        assertThat(outside.happened).containsExactly(expected + " configured otherwise", "disconnect");
    }

    /** The watchdog may have sent its Welcome. */
    @Test
    void anAttemptThatHasGreetedIsEndedByOneToo() {
        link.start(0);
        link.termsChanged(0, DEMANDING, null);
        link.connected(Terms.NONE);
        link.termsChanged(0, DEMANDING, null);
        link.termsChanged(0, DEMANDING, null);
        assertThat(outside.happened)
                .containsExactly(
                        "connect",
                        "disconnect",
                        "connect",
                        "Hello",
                        "RESTART the shared secret is now required",
                        "disconnect",
                        "connect",
                        "disconnect",
                        "connect");
    }

    private static final class Recorder implements ConmgrLink.Outside {
        final List<String> happened = new ArrayList<>();

        @Override
        public void connect() {
            happened.add("connect");
        }

        @Override
        public void send(Packet packet) {
            happened.add(
                    packet instanceof Goodbye goodbye
                            ? goodbye.reason() + " " + goodbye.text()
                            : packet.getClass().getSimpleName());
        }

        @Override
        public void disconnect() {
            happened.add("disconnect");
        }

        @Override
        public void probe(long budgetNanos) {}

        @Override
        public void up(Identity identity, Attributes attributes) {}

        @Override
        public void beat(Progress progress) {}

        @Override
        public void unmonitored(String why, Duration grace, boolean givenUp) {}

        @Override
        public void judged(Outcome outcome, Verdict verdict, String probe, @Nullable BeatFacts beats, String shadow) {}

        @Override
        public void shadowAlarm(ShadowAlarm alarm) {}

        @Override
        public void detectorFailed(FailureDetector detector, Throwable failure) {
            throw new AssertionError(detector.toString(), failure);
        }

        @Override
        public void down(Verdict verdict) {}
    }
}
