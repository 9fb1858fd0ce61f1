package org.conmgr.api.instance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Facts as PostgreSQL itself writes them. */
class TextTest {
    @Test
    void lsn() {
        assertThat(new Progress(0x16_B374_D848L, 0, 0).lsnText()).isEqualTo("16/B374D848");
        assertThat(new Progress(0x300_0148L, 0, 0).lsnText()).isEqualTo("0/3000148");
        assertThat(new Progress(0xFFFF_FFFF_0000_0001L, 0, 0).lsnText()).isEqualTo("FFFFFFFF/1");
        assertThat(new Progress(0, 0, 0).lsnText()).isEqualTo("0/0");
        assertThat(Progress.UNKNOWN.lsnText()).isEmpty();
    }

    @Test
    void serverVersion() {
        assertThat(new Identity(1, 170_004).versionText()).isEqualTo("17.4");
        assertThat(new Identity(1, 130_023).versionText()).isEqualTo("13.23");
        assertThat(Identity.UNKNOWN.versionText()).isEmpty();
    }
}
