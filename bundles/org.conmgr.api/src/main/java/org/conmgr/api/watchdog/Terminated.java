package org.conmgr.api.watchdog;

/**
 * What came of a {@link Termination}.
 *
 * @param ended how many backends were told to end
 * @param refused how many the terminator's role may not end: a superuser's, unless it is one itself, or those of other
 *     roles when it lacks {@code pg_signal_backend}
 */
public record Terminated(int ended, int refused) {}
