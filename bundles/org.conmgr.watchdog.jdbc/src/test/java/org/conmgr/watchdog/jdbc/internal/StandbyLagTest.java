package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.junit.jupiter.api.Test;

class StandbyLagTest {
    private static final long MS = 1_000_000;

    private final StandbyLag lag = new StandbyLag();

    private long after(Role role, long told, long millis) {
        Progress completed = lag.complete(role, new Progress(7, told, 8), millis * MS);
        assertThat(completed.lsn()).isEqualTo(7);
        assertThat(completed.freeSlots()).isEqualTo(8);
        return completed.replayLagMillis();
    }

    @Test
    void countsOnFromTheLastThatWasTold() {
        assertThat(after(Role.STANDBY, 30, 1000)).isEqualTo(30);
        assertThat(after(Role.STANDBY, -1, 1500)).isEqualTo(530);
        assertThat(after(Role.STANDBY, -1, 9000)).isEqualTo(8030);
        assertThat(after(Role.STANDBY, 0, 9100)).isZero();
        assertThat(after(Role.STANDBY, -1, 9200)).isEqualTo(100);
    }

    @Test
    void isNotKnownToWhoeverWasNeverTold() {
        assertThat(after(Role.STANDBY, -1, 1000)).isEqualTo(-1);
        assertThat(after(Role.STANDBY, 5, 2000)).isEqualTo(5);
    }

    @Test
    void isForgottenByAPrimary() {
        assertThat(after(Role.STANDBY, 5, 1000)).isEqualTo(5);
        assertThat(after(Role.PRIMARY, 0, 2000)).isZero();
        assertThat(after(Role.STANDBY, -1, 3000)).isEqualTo(-1);
    }
}
