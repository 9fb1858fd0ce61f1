package org.conmgr.jmx.internal;

import java.util.List;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.jspecify.annotations.Nullable;

/** A {@link ConmgrMXBean} over the registry. */
final class ConmgrBean implements ConmgrMXBean {
    private static final RouteRequest PRIMARY = new RouteRequest(Target.PRIMARY, "jmx", 0, "direct", 0);

    private final RegistryView registry;

    ConmgrBean(RegistryView registry) {
        this.registry = registry;
    }

    @Override
    public List<Integer> getInstances() {
        return registry.instances().stream()
                .map(status -> status.instance().number())
                .toList();
    }

    @Override
    public int getInstancesUp() {
        return (int) registry.instances().stream()
                .filter(status -> status.link() == LinkState.UP)
                .count();
    }

    @Override
    public @Nullable Integer getPrimary() {
        return registry.preview(PRIMARY) instanceof Route route
                ? route.instance().number()
                : null;
    }

    @Override
    public int getApplicationConnections() {
        return (int) registry.applications().stream()
                .filter(application -> application.instance() != -1)
                .count();
    }

    @Override
    public int getWaitingApplications() {
        return (int) registry.applications().stream()
                .filter(application -> application.instance() == -1)
                .count();
    }

    @Override
    public List<ApplicationRow> getApplications() {
        return registry.applications().stream()
                .map(status -> (ApplicationRow) new Application(status))
                .toList();
    }

    private record Application(ApplicationStatus status) implements ApplicationRow {
        @Override
        public long getId() {
            return status.id();
        }

        @Override
        public String getApplication() {
            return status.request().application();
        }

        @Override
        public @Nullable Long getPid() {
            return status.request().pid() == 0 ? null : status.request().pid();
        }

        @Override
        public String getPath() {
            return status.request().path();
        }

        @Override
        public String getTarget() {
            return status.request().target().word();
        }

        @Override
        public @Nullable Integer getInstance() {
            return Values.known(status.instance());
        }

        @Override
        public String getSince() {
            return Values.time(status.since());
        }

        @Override
        public @Nullable String getSqlAddress() {
            return status.sqlSocket() == null ? null : Values.socket(status.sqlSocket());
        }
    }
}
