package org.conmgr.api.routing;

import org.osgi.annotation.versioning.ProviderType;

/** Answers where a connection goes, from memory. An OSGi service. */
@ProviderType
public interface Router {
    /**
     * Asks for an instance and binds the session to the one answered, in one step: no verdict can fall between the
     * two. Answered before this returns, unless {@code route_wait} is above 0 and no instance
     * fits, or others that have waited for it have not all gone there yet.
     */
    Session ask(RouteRequest request, SessionObserver observer);
}
