package org.conmgr.api.routing;

import org.conmgr.api.instance.ConfiguredInstance;

/**
 * Why a session must end now.
 *
 * @param instance the instance the session was sent to
 * @param cause the kind of event
 * @param reason in words, to be shown to the application's user: {@code timed out: silent for 2.0 s; ...}
 */
public record SessionEnd(ConfiguredInstance instance, Cause cause, String reason) {
    /** The kinds of events that end sessions. */
    public enum Cause {
        /** A verdict: the instance is dead. */
        DEAD,
        /** The instance lives but is no longer what the session asked for, e.g. a demoted primary. */
        FENCED,
        /** conmgr has let go of the instance: it is configured otherwise, or no more, or conmgr stops watching. */
        REMOVED
    }

    /** {@code conmgr declared instance 0 (db1:5432) dead: timed out: ...}; what an application sees. */
    public String message() {
        return switch (cause) {
            case DEAD -> "conmgr declared " + instance + " dead: " + reason;
            case FENCED -> "conmgr closed the connection to " + instance + ": " + reason;
            case REMOVED -> "conmgr no longer watches " + instance + ": " + reason;
        };
    }
}
