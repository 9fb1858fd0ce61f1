package org.conmgr.log.syslog.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * RFC 5424: {@code <134>1 2026-11-22T12:00:00.123Z host conmgr 4711 CM2001 - text}, in a stream with its length before
 * it (RFC 6587, 3.4.1). The text is UTF-8 without a byte order mark, which many receivers would show.
 */
final class Rfc5424Format implements Format {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final int MAX_HOST_NAME = 255;

    private final String ident;
    private final long pid;
    private final boolean octetCounting;
    private @Nullable String hostName;

    Rfc5424Format(String ident, long pid, boolean octetCounting) {
        this.ident = ident;
        this.pid = pid;
        this.octetCounting = octetCounting;
    }

    @Override
    public byte[] frame(int priority, Instant at, String messageId, String chunk) {
        if (hostName == null) {
            hostName = hostName();
        }
        String line = "<" + priority + ">1 " + TIME.format(at) + " " + hostName + " " + ident + " " + pid + " "
                + messageId + " - " + chunk;
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        return octetCounting ? (bytes.length + " " + line).getBytes(StandardCharsets.UTF_8) : bytes;
    }

    /** May ask a name server: not before the first message, which comes on a thread that may wait. */
    private static String hostName() {
        try {
            String name = InetAddress.getLocalHost().getHostName().replaceAll("[^!-~]", "");
            return name.isEmpty() ? "-" : name.substring(0, Math.min(name.length(), MAX_HOST_NAME));
        } catch (UnknownHostException e) {
            return "-";
        }
    }
}
