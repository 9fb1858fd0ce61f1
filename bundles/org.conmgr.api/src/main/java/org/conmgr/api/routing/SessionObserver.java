package org.conmgr.api.routing;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Told what becomes of one application connection. Exactly one of {@link #routed} and {@link #refused} is called;
 * after {@code routed} at most one {@link #ended}. To a request for {@linkplain RouteRequest#instance one instance}
 * {@code ended} may be the answer, and is then the only call. Nothing is called after the session was closed, except what was
 * already under way on another thread. Calls come in order, one at a time, under no lock, on any thread, possibly
 * before {@link Router#ask} has returned; they must not block.
 */
@ConsumerType
public interface SessionObserver {
    /** The session is bound to this instance from now on. */
    void routed(Route route);

    /** No instance fits, and none came up within {@code route_wait}. */
    void refused(Refusal refusal);

    /**
     * The instance is dead, fenced or removed, or the one asked for is known to be dead or no longer what the request
     * asks for: close the SQL connection now.
     */
    void ended(SessionEnd end);
}
