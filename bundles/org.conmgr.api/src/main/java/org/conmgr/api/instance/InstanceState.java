package org.conmgr.api.instance;

import java.util.Locale;

/** Whether an instance serves, as its watchdog sees it from beside it. */
public enum InstanceState {
    /** Answers checks and accepts connections. */
    ACCEPTING,
    /** Answers on the connection kept open, but accepts no new ones: existing sessions stay, no new ones are sent. */
    DEGRADED,
    /** A check has gone unanswered for {@code check_timeout}. */
    UNRESPONSIVE,
    /** The watchdog has lost its connection and cannot get another, for a reason that does not prove it stopped. */
    UNREACHABLE,
    /** The postmaster is gone or shutting down. */
    STOPPED;

    /** True while sessions on this instance can work. */
    public boolean alive() {
        return this == ACCEPTING || this == DEGRADED;
    }

    /** The word used in messages and views. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
