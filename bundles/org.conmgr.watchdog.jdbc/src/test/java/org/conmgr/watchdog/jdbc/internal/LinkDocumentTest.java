package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.watchdog.WatchdogView;
import org.junit.jupiter.api.Test;

class LinkDocumentTest {
    private static final Instant NOW = Instant.parse("2026-05-04T12:00:00.123456789Z");

    @Test
    void isOneObject() throws UnknownHostException {
        WatchdogView.Link link = new WatchdogView.Link(
                "a\"b\\c\u00e9\n",
                Inet6Address.getByAddress(
                        null, new byte[] {(byte) 0xfe, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 3),
                40000,
                Duration.ofMillis(200),
                Duration.ofSeconds(1),
                NOW.minusSeconds(60),
                NOW.minusMillis(450),
                118,
                3,
                Duration.ofNanos(1_234_567),
                5000,
                6000);
        assertThat(LinkDocument.of("pg1", List.of(link), NOW))
                .isEqualTo("{\"at\":1777896000.123456,\"watchdog\":\"pg1\",\"links\":["
                        + "{\"name\":\"a\\\"b\\\\c??\",\"addr\":\"fe80:0:0:0:0:0:0:1\",\"port\":40000,"
                        + "\"interval\":0.200,\"timeout\":1.000,\"since\":1777895940.123456,"
                        + "\"last_heard\":1777895999.673456,\"last_beat\":118,\"missed_beats\":1,\"rtt_ms\":1.234567,"
                        + "\"bytes_received\":5000,\"bytes_sent\":6000,\"sessions\":3}]}");
    }

    @Test
    void hasNoLinksWhenThereAreNone() {
        assertThat(LinkDocument.of("pg1", List.of(), NOW))
                .isEqualTo("{\"at\":1777896000.123456,\"watchdog\":\"pg1\",\"links\":[]}");
    }
}
