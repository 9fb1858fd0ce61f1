package org.conmgr.watchdog.jdbc.internal;

/**
 * What the watchdog's sessions call themselves. Together with the role they log in as, this is how they are known
 * and spared: by whichever watchdog, also across a restart of either session or of the whole watchdog.
 */
final class ApplicationName {
    static final String CHECKER = "watchdog process";
    static final String TERMINATOR = "terminator process";
    static final String PUBLISHER = "watchdog view";

    /** True for a row of {@code pg_stat_activity} that is such a session. */
    static final String OWN_SESSION = "(usename = session_user and application_name in ('" + CHECKER + "', '"
            + TERMINATOR + "', '" + PUBLISHER + "'))";

    private ApplicationName() {}
}
