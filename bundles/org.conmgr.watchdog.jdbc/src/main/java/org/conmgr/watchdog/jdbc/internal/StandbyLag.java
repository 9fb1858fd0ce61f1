package org.conmgr.watchdog.jdbc.internal;

import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;

/**
 * How far behind a standby is that receives nothing: as when it last did, and the time since. Its data is no older than
 * that; and readers with a bound do not go without a standby in the moment in which the primary dies.
 */
final class StandbyLag {
    private static final long UNKNOWN = -1;

    private long millis = UNKNOWN;
    private long at;

    /**
     * What one check has found, with a lag if it could not tell one itself and there was a known one before.
     *
     * @param asked when, by {@link System#nanoTime}: before the instance was asked
     */
    Progress complete(Role role, Progress found, long asked) {
        if (role == Role.PRIMARY || found.replayLagMillis() >= 0) {
            millis = role == Role.PRIMARY ? UNKNOWN : found.replayLagMillis();
            at = asked;
            return found;
        }
        if (millis == UNKNOWN) {
            return found;
        }
        return new Progress(found.lsn(), millis + TimeUnit.NANOSECONDS.toMillis(asked - at), found.freeSlots());
    }
}
