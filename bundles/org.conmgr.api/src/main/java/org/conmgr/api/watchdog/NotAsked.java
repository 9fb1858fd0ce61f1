package org.conmgr.api.watchdog;

import java.io.Serial;

/**
 * The instance was not asked: this host lacked what that takes, as a file descriptor or a local port. It tells nothing of
 * the instance.
 */
public final class NotAsked extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    /** @param why for people, with the system's own text */
    public NotAsked(String why, Throwable cause) {
        super(why, cause);
    }
}
