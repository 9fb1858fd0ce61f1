package org.conmgr.watchdog.jdbc.internal;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import org.conmgr.api.watchdog.WatchdogView;
import org.jspecify.annotations.Nullable;

/**
 * The JSON that {@code pgx_stat_get_watchdog()} reads: one object, so that no part of it is a document. ASCII only, as
 * the database's encoding may be any: what a name has besides becomes a question mark. One line, as COPY writes it.
 */
final class LinkDocument {
    private static final int MICROS = 6;

    private LinkDocument() {}

    static String of(String watchdog, List<WatchdogView.Link> links, Instant now) {
        return links.stream()
                .map(link -> link(link, now))
                .collect(Collectors.joining(
                        ",", "{\"at\":" + seconds(now) + ",\"watchdog\":" + text(watchdog) + ",\"links\":[", "]}"));
    }

    private static String link(WatchdogView.Link link, Instant now) {
        return "{\"name\":" + text(link.name())
                + ",\"addr\":" + text(withoutZone(link.address()))
                + ",\"port\":" + link.port()
                + ",\"interval\":" + seconds(link.interval())
                + ",\"timeout\":" + seconds(link.timeout())
                + ",\"since\":" + seconds(link.since())
                + ",\"last_heard\":" + seconds(link.lastHeard())
                + ",\"last_beat\":" + link.lastBeat()
                + ",\"missed_beats\":" + link.missedBeats(now)
                + ",\"rtt_ms\":" + millis(link.roundTrip())
                + ",\"bytes_received\":" + link.bytesReceived()
                + ",\"bytes_sent\":" + link.bytesSent()
                + ",\"sessions\":" + link.sessions()
                + "}";
    }

    private static String text(String text) {
        return "\"" + text.replaceAll("[^ -~]", "?").replaceAll("[\"\\\\]", "\\\\$0") + "\"";
    }

    private static String seconds(Instant at) {
        return BigDecimal.valueOf(ChronoUnit.MICROS.between(Instant.EPOCH, at), MICROS)
                .toPlainString();
    }

    private static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).toPlainString();
    }

    private static @Nullable String millis(@Nullable Duration duration) {
        return duration == null
                ? null
                : BigDecimal.valueOf(duration.toNanos(), MICROS).toPlainString();
    }

    /** PostgreSQL's type inet has no zones. */
    private static String withoutZone(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress()).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(address.toString(), e);
        }
    }
}
