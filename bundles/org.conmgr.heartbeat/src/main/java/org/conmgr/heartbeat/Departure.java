package org.conmgr.heartbeat;

/** Why this end says Goodbye to all its links. */
public enum Departure {
    /** For good, as far as it knows. */
    SHUTDOWN,
    /** To be back at once: a bundle is updated or its configuration changed. */
    RESTART
}
