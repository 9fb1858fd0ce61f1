package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NudgeTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Nudge nudge = new Nudge();

    @Test
    void nothingIsDueBeforeABeat() {
        assertThat(nudge.wakeAt()).isEqualTo(Long.MAX_VALUE);
        assertThat(nudge.due(1000 * MS)).isFalse();
    }

    @Test
    void anAcknowledgedBeatIsLookedAtOnce() {
        nudge.beatSent(0, 200 * MS, -1);
        assertThat(nudge.due(49 * MS)).isFalse();
        assertThat(nudge.due(50 * MS)).isTrue();
        nudge.looked(50 * MS, false);
        assertThat(nudge.wakeAt()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void anUnacknowledgedOneIsFollowedByAFewMore() {
        nudge.beatSent(0, 10_000 * MS, -1);
        int nudges = 0;
        long now = 0;
        while (nudge.wakeAt() != Long.MAX_VALUE) {
            assertThat(nudge.wakeAt()).isEqualTo(now + 50 * MS);
            now = nudge.wakeAt();
            nudge.looked(now, true);
            nudges++;
        }
        assertThat(nudges).isEqualTo(Nudge.MOST);
    }

    @Test
    void itWaitsForAnAnswerThatCanHaveCome() {
        nudge.beatSent(0, 1000 * MS, 90 * MS);
        assertThat(nudge.wakeAt()).isEqualTo(180 * MS);
        nudge.beatSent(0, 100 * MS, 90 * MS);
        assertThat(nudge.wakeAt()).as("there is none within the interval").isEqualTo(Long.MAX_VALUE);
        nudge.beatSent(0, 20 * MS, 1 * MS);
        assertThat(nudge.wakeAt()).isEqualTo(5 * MS);
    }

    @Test
    void oneThatWasSentAgainDoesNotMakeTheNextWait() {
        nudge.beatSent(0, 200 * MS, 1 * MS);
        nudge.beatSent(200 * MS, 200 * MS, 250 * MS);
        assertThat(nudge.wakeAt()).isEqualTo(250 * MS);
    }

    @Test
    void aWayThatHasBecomeLongerIsBelieved() {
        for (int i = 0; i < 50; i++) {
            nudge.beatSent(i * 1000L * MS, 1000 * MS, i == 0 ? 10 * MS : 90 * MS);
        }
        assertThat(nudge.wakeAt()).isEqualTo(49 * 1000L * MS + 180 * MS);
    }
}
