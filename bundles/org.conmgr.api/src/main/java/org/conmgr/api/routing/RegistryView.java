package org.conmgr.api.routing;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The one source that every status view reads: shell, JMX, console, {@code cm_ctl}. An OSGi service. */
@ProviderType
public interface RegistryView {
    /** All configured instances, by number. */
    List<InstanceStatus> instances();

    /** All application connections, oldest first. */
    List<ApplicationStatus> applications();

    /** What {@link Router#ask} would answer now, without binding anything. */
    RouteAnswer preview(RouteRequest request);
}
