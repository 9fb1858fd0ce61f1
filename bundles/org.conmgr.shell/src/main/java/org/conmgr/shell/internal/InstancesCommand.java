package org.conmgr.shell.internal;

import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.conmgr.api.routing.RegistryView;

/** {@code conmgr:instances}. */
@Service
@Command(
        scope = "conmgr",
        name = "instances",
        description = "Shows the instances with all that is known of them",
        detailedDescription = """
                link is connecting, up, unmonitored (the watchdog is gone, the instance answers) or down; state is what \
                the watchdog sees; reason says why an instance is not, or not fully, offered. Role, state, timeline \
                and numbers are the last known ones while the link is not up.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class InstancesCommand implements Action {
    @Reference
    private RegistryView registry;

    @Option(name = "--json", description = "JSON, for programs")
    private boolean json;

    @Override
    public String execute() {
        return Views.instances(registry, json);
    }
}
