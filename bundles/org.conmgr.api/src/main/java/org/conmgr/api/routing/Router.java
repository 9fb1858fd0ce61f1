package org.conmgr.api.routing;

import org.osgi.annotation.versioning.ProviderType;

/** Answers where a connection goes, from memory. An OSGi service. */
@ProviderType
public interface Router {
    /**
     * Asks for an instance and binds the session to the one answered, in one step: no verdict can fall between the
     * two. Answered before this returns, unless no instance fits and {@code route_wait} is above 0.
     */
    Session ask(RouteRequest request, SessionObserver observer);
}
