package org.conmgr.api.instance;

/** What {@code pg_is_in_recovery()} says: false is a primary, true a standby. */
public enum Role {
    PRIMARY,
    STANDBY;

    /** The word used in messages, views and on the wire: {@code primary} or {@code standby}. */
    public String word() {
        return this == PRIMARY ? "primary" : "standby";
    }
}
