package org.conmgr.api.instance;

import java.util.Locale;

/**
 * Numbers that change all the time and ride on every beat. -1 means not known.
 *
 * @param lsn on a primary the current write position, on a standby the last replayed one, as a plain 64-bit
 *     byte position (the value of {@code pg_lsn - '0/0'})
 * @param replayLagMillis on a standby the age of the last replayed transaction while it is behind, 0 when it has
 *     replayed all it received; while it receives nothing, that of when it last did and the time since; on a primary 0
 * @param freeSlots connections that an ordinary role could still open
 */
public record Progress(long lsn, long replayLagMillis, int freeSlots) {
    /** Nothing known yet. */
    public static final Progress UNKNOWN = new Progress(-1, -1, -1);

    /** The LSN as PostgreSQL writes it, {@code 16/B374D848}; empty while unknown. */
    public String lsnText() {
        return lsn == -1 ? "" : String.format(Locale.ROOT, "%X/%X", lsn >>> 32, lsn & 0xFFFF_FFFFL);
    }
}
