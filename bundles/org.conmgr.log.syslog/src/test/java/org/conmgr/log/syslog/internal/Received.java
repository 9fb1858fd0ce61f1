package org.conmgr.log.syslog.internal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a receiver has got: one line for each datagram or frame. */
final class Received {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    void add(String line) {
        lines.add(line);
    }

    List<String> lines() {
        return lines;
    }

    String text() {
        return String.join("\n", lines);
    }

    boolean has(String part) {
        return lines.stream().anyMatch(line -> line.contains(part));
    }
}
