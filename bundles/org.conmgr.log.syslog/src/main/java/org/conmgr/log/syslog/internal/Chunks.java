package org.conmgr.log.syslog.internal;

import java.util.ArrayList;
import java.util.List;

/** Divides a text as PostgreSQL's write_syslog does: at line breaks and, where a line is too long, between words. */
final class Chunks {
    /** The most bytes of UTF-8 in a chunk: PG_SYSLOG_LIMIT. */
    static final int LIMIT = 900;

    private Chunks() {}

    static List<String> of(String text) {
        List<String> chunks = new ArrayList<>();
        // A tab would be shown as #011.
        text.replace("\t", "    ").lines().forEach(line -> {
            String rest = line;
            for (int end = end(rest); end < rest.length(); end = end(rest)) {
                chunks.add(rest.substring(0, end));
                rest = rest.substring(end).stripLeading();
            }
            if (!rest.isEmpty()) {
                chunks.add(rest);
            }
        });
        return chunks;
    }

    /** Where the first chunk of a line ends. */
    private static int end(String line) {
        int bytes = 0;
        int end = 0;
        while (end < line.length()) {
            int c = line.codePointAt(end);
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            if (bytes > LIMIT) {
                int word = line.charAt(end) == ' ' ? end : line.lastIndexOf(' ', end - 1);
                return word > 0 ? word : end;
            }
            end += Character.charCount(c);
        }
        return end;
    }
}
