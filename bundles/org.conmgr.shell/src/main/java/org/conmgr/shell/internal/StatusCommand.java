package org.conmgr.shell.internal;

import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.conmgr.api.routing.RegistryView;

/** {@code conmgr:status}. */
@Service
@Command(
        scope = "conmgr",
        name = "status",
        description = "Shows how conmgr is, in a few lines",
        detailedDescription = """
                How many instances are configured and how their links are, which one is the primary that a connection \
                would be sent to, how many application connections are bound or wait, and the instances in short. \
                All columns: conmgr:instances.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class StatusCommand implements Action {
    @Reference
    private RegistryView registry;

    @Option(name = "--json", description = "JSON, for programs")
    private boolean json;

    @Override
    public String execute() {
        return Views.status(registry, json);
    }
}
