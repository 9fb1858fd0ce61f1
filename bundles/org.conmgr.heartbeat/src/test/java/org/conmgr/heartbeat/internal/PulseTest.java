package org.conmgr.heartbeat.internal;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import org.conmgr.api.instance.Progress;
import org.junit.jupiter.api.Test;

class PulseTest {
    private final Pulse pulse = new Pulse(0, new Timing(ms(1000), ms(2000)));

    private static long ms(long millis) {
        return MILLISECONDS.toNanos(millis);
    }

    private boolean expired(long now) {
        return pulse.expired(now, () -> Long.MAX_VALUE);
    }

    @Test
    void beatsAtAFixedRateWhateverElseHappens() {
        assertThat(pulse.beatDue(0)).isTrue();
        assertThat(pulse.beat(0, Progress.UNKNOWN).sequence()).isEqualTo(1);
        assertThat(pulse.beatDue(ms(999))).isFalse();

        Packet.Beat late = pulse.beat(ms(1300), Progress.UNKNOWN);
        assertThat(late.lateMicros()).isEqualTo(300_000);
        assertThat(pulse.beatDue(ms(1999))).isFalse();
        assertThat(pulse.beatDue(ms(2000)))
                .as("a late beat does not move the next")
                .isTrue();
    }

    @Test
    void doesNotMakeUpForBeatsThatWereMissed() {
        pulse.beat(0, Progress.UNKNOWN);
        pulse.beat(ms(5700), Progress.UNKNOWN);
        assertThat(pulse.beatDue(ms(5999))).isFalse();
        assertThat(pulse.beatDue(ms(6000))).isTrue();
    }

    @Test
    void expiresOneGraceBehindTheDeadline() {
        pulse.heard(ms(500));
        assertThat(expired(ms(2499))).isFalse();
        assertThat(expired(ms(2500))).as("what the socket holds is read first").isFalse();
        assertThat(expired(ms(2501))).isFalse();
        assertThat(expired(ms(2502))).isTrue();
        assertThat(pulse.evidence(ms(2502))).isEqualTo("silent for 2.00 s; last beat #0; own stall 0 ms");
    }

    @Test
    void whatHasComeAndIsNotReadIsNoSilence() {
        pulse.heard(ms(500));
        assertThat(expired(ms(2500))).isFalse();
        assertThat(pulse.expired(ms(2502), () -> ms(80)))
                .as("it came after it was last read, and before it was judged")
                .isFalse();
        assertThat(pulse.wakeAt()).isLessThanOrEqualTo(ms(2504));
        assertThat(pulse.expired(ms(2504), () -> ms(2010)))
                .as("it was read already")
                .isTrue();
    }

    @Test
    void halfAPacketDoesNotKeepAPeerAlive() {
        pulse.heard(ms(500));
        assertThat(expired(ms(2500))).isFalse();
        assertThat(pulse.expired(ms(4422), () -> ms(1999))).isFalse();
        assertThat(pulse.expired(ms(4424), () -> ms(2001))).isTrue();
    }

    @Test
    void judgesNobodyForItsOwnStall() {
        pulse.heard(ms(500));
        pulse.woke(ms(9000), ms(1000));
        assertThat(expired(ms(9000))).isFalse();
        pulse.heard(ms(9001), new Packet.Beat(7, 0, 0, 0, Progress.UNKNOWN, -1));
        assertThat(expired(ms(9002))).as("the peer was in time").isFalse();
        assertThat(expired(ms(11_001))).isFalse();
        assertThat(expired(ms(11_003))).isTrue();
    }

    @Test
    void aStallDelaysTheVerdictByABoundedGrace() {
        pulse.woke(ms(9000), ms(1000));
        assertThat(expired(ms(9000))).isFalse();
        assertThat(expired(ms(9249))).isFalse();
        assertThat(expired(ms(9250))).isTrue();
        assertThat(pulse.evidence(ms(9250))).contains("own stall 8000 ms");
    }

    @Test
    void aShortStallDelaysTheVerdictNoLongerThanItWas() {
        pulse.woke(ms(1030), ms(1000));
        assertThat(expired(ms(2000))).isFalse();
        assertThat(expired(ms(2029))).isFalse();
        assertThat(expired(ms(2030))).isTrue();
    }

    @Test
    void tellsThePeerHowLateItIsAndHowLongItStoodStill() {
        pulse.beat(0, Progress.UNKNOWN);
        pulse.woke(ms(1080), ms(1000));
        Packet.Beat beat = pulse.beat(ms(1080), Progress.UNKNOWN);
        assertThat(beat.lateMicros()).isEqualTo(80_000);
        assertThat(beat.stallMicros()).isEqualTo(80_000);
        pulse.woke(ms(2000), ms(2000));
        assertThat(pulse.beat(ms(2000), Progress.UNKNOWN).stallMicros()).isZero();
    }

    @Test
    void measuresTheRoundTripWithoutTheTimeItsBeatWasHeld() {
        assertThat(pulse.roundTripNanos()).isNegative();
        assertThat(pulse.beat(0, Progress.UNKNOWN).heldMicros())
                .as("nothing heard yet")
                .isEqualTo(-1);
        pulse.heard(ms(300), new Packet.Beat(1, 1, 0, 0, Progress.UNKNOWN, 295_000));
        assertThat(pulse.roundTripNanos()).isEqualTo(ms(5));
        assertThat(pulse.beat(ms(1000), Progress.UNKNOWN).heldMicros()).isEqualTo(700_000);
        pulse.beat(ms(2000), Progress.UNKNOWN);
        pulse.heard(ms(2001), new Packet.Beat(2, 3, 0, 0, Progress.UNKNOWN, 0));
        assertThat(pulse.roundTripNanos())
                .as("beat 2 was never answered for itself")
                .isEqualTo(ms(5));
        pulse.beat(ms(3000), Progress.UNKNOWN);
        pulse.heard(ms(3007), new Packet.Beat(3, 4, 0, 0, Progress.UNKNOWN, 0));
        assertThat(pulse.roundTripNanos()).isEqualTo(ms(7));
    }

    @Test
    void newTimingGivesThePeerAWholeTimeout() {
        pulse.beat(0, Progress.UNKNOWN);
        assertThat(pulse.nudges(ms(50), () -> false, Progress.UNKNOWN)).isEmpty();
        pulse.retime(ms(1900), new Timing(ms(200), ms(600)));
        assertThat(pulse.wakeAt()).isEqualTo(ms(1000));
        pulse.beat(ms(1900), Progress.UNKNOWN);
        assertThat(expired(ms(2499))).isFalse();
        assertThat(pulse.wakeAt()).isLessThanOrEqualTo(ms(2500));
    }
}
