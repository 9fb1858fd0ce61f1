package org.conmgr.api.routing;

import java.util.List;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Role;

/**
 * The answer to a {@link RouteRequest}.
 *
 * @param instance where to connect
 * @param role its role when the answer was given
 * @param monitored false when its watchdog is gone and nobody watches it
 * @param others the other live instances, best first, for drivers that go on to them by themselves and look at their roles
 *     only: without those that such a driver would take though they are not to be taken, or before better ones
 */
public record Route(ConfiguredInstance instance, Role role, boolean monitored, List<ConfiguredInstance> others)
        implements RouteAnswer {
    public Route {
        others = List.copyOf(others);
    }
}
