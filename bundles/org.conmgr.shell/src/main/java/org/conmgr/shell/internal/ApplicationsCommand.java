package org.conmgr.shell.internal;

import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.conmgr.api.routing.RegistryView;

/** {@code conmgr:applications}. */
@Service
@Command(
        scope = "conmgr",
        name = "applications",
        description = "Shows the application connections",
        detailedDescription = """
                instance is the one a connection was sent to, empty while it waits for one; since is when that was; \
                sql_address is the client's end of its SQL connection.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class ApplicationsCommand implements Action {
    @Reference
    private RegistryView registry;

    @Option(name = "--json", description = "JSON, for programs")
    private boolean json;

    @Override
    public String execute() {
        return Views.applications(registry, json);
    }
}
