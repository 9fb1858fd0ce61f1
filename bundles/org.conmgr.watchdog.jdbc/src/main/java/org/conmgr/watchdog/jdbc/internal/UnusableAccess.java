package org.conmgr.watchdog.jdbc.internal;

import java.io.Serial;
import java.sql.SQLException;

/** The watchdog's configuration cannot lead to the instance; trying again does not help until somebody changes it. */
final class UnusableAccess extends SQLException {
    @Serial
    private static final long serialVersionUID = 1;

    /** @param reason in words for the administrator: the key, what was wrong, what was expected; never a secret */
    UnusableAccess(String reason) {
        super(reason);
    }
}
