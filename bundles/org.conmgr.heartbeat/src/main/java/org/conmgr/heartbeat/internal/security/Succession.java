package org.conmgr.heartbeat.internal.security;

import org.jspecify.annotations.Nullable;

/**
 * The settings of one PID that are in force, and those that are to follow them as soon as they can be used. Outlives the
 * components that bring them: the files of both are looked at for as long as nothing takes their place.
 */
final class Succession<S extends FileSettings> {
    private @Nullable S inForce;
    private @Nullable S next;

    /** Null before the first. */
    synchronized @Nullable S inForce() {
        return inForce;
    }

    /** New ones have come. Returns whether they are in force now. */
    synchronized boolean follow(S settings) {
        next = settings;
        return settle();
    }

    private synchronized boolean settle() {
        S follower = next;
        if (follower == null || (follower.invalid() != null && inForce != null && inForce.invalid() == null)) {
            return false;
        }
        inForce = follower;
        next = null;
        return true;
    }

    /** Looks at the files; not on two threads at a time. {@code changed} is told when others, or the first, are in force. */
    void look(Runnable changed) {
        S now;
        S follower;
        synchronized (this) {
            now = inForce;
            follower = next;
        }
        Runnable usable = () -> {
            settle();
            changed.run();
        };
        if (now != null) {
            now.look(usable);
        }
        if (follower != null) {
            follower.look(usable);
        }
    }
}
