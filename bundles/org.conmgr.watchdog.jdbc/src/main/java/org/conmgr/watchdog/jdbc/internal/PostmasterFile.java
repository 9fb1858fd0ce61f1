package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code postmaster.pid}, the only place that tells of a smart shutdown: sessions go on as if nothing were, new ones are
 * refused. A watchdog that may read the data directory (as it must to write the file of {@code pgx_stat_watchdog}) sees
 * it; to another the instance just serves on.
 *
 * @param file where it lies
 * @param port the instance's, as in its fourth line
 * @param startTime when the instance started, seconds since 1970, as in its third line give or take {@link #SLACK}
 */
record PostmasterFile(Path file, int port, long startTime) {
    /** The postmaster notes its start time in the file a little before the one it reports, or after. */
    private static final int SLACK = 10;

    private static final int START_TIME_LINE = 2;
    private static final int PORT_LINE = 3;
    private static final int STATUS_LINE = 7;

    /** True if this file is the instance's and says that the postmaster is shutting down; false if it does not or is not there. */
    boolean stopping() {
        List<String> lines = lines();
        return isOwn(lines) && lines.get(STATUS_LINE).strip().equals("stopping");
    }

    /** True if the file can be read and is the instance's: the path may be another's, as seen from inside a container. */
    boolean isOwn() {
        return isOwn(lines());
    }

    private List<String> lines() {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Another host's, another user's, or gone with its postmaster, which the session itself will notice.
            return List.of();
        }
    }

    private boolean isOwn(List<String> lines) {
        return lines.size() > STATUS_LINE
                && lines.get(PORT_LINE).strip().equals(Integer.toString(port))
                && Math.abs(seconds(lines.get(START_TIME_LINE)) - startTime) <= SLACK;
    }

    private static long seconds(String line) {
        try {
            return Long.parseLong(line.strip());
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE / 2;
        }
    }
}
