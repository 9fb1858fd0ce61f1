package org.conmgr.api.link;

import java.util.Locale;

/** The state of an instance as its heartbeat link shows it to conmgr. */
public enum LinkState {
    /** Never been up since it was configured. */
    CONNECTING,
    /** Beats arrive in time and the instance serves. */
    UP,
    /** The watchdog is gone but the instance answers: routes and sessions stay, nobody watches. */
    UNMONITORED,
    /** A {@link Verdict} stands. */
    DOWN;

    /** The word used in messages and views. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
