package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class FormatTest {
    private static final Instant AT = Instant.parse("2026-11-02T12:00:00.123Z");

    private static String text(Format format) {
        return new String(format.frame(134, AT, "CM4001", "[1] LOG:  é"), StandardCharsets.UTF_8);
    }

    @Test
    void theLocalFormIsThatOfSyslog3() {
        assertThat(text(new LocalFormat("conmgr", 4711, ZoneId.of("Europe/Zurich"))))
                .isEqualTo("<134>Nov  2 13:00:00 conmgr[4711]: [1] LOG:  é");
    }

    @Test
    void theRemoteFormIsRfc5424() throws UnknownHostException {
        assertThat(text(new Rfc5424Format("conmgr", 4711, false)))
                .isEqualTo("<134>1 2026-11-02T12:00:00.123Z "
                        + InetAddress.getLocalHost().getHostName() + " conmgr 4711 CM4001 - [1] LOG:  é");
    }

    @Test
    void aStreamCountsOctets() {
        String datagram = text(new Rfc5424Format("conmgr", 4711, false));

        assertThat(text(new Rfc5424Format("conmgr", 4711, true))).isEqualTo((datagram.length() + 1) + " " + datagram);
    }
}
