package org.conmgr.log.syslog.internal;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** What syslog(3) writes to the local socket: {@code <134>Nov  2 12:00:00 conmgr[4711]: text}. */
final class LocalFormat implements Format {
    private final DateTimeFormatter time;
    private final String tag;

    LocalFormat(String ident, long pid, ZoneId zone) {
        time = DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ENGLISH).withZone(zone);
        tag = " " + ident + "[" + pid + "]: ";
    }

    @Override
    public byte[] frame(int priority, Instant at, String messageId, String chunk) {
        return ("<" + priority + ">" + time.format(at) + tag + chunk).getBytes(StandardCharsets.UTF_8);
    }
}
