package org.conmgr.shell.internal;

import java.util.List;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.conmgr.api.watchdog.WatchdogView;

/** {@code watchdog:links}. */
@Service
@Command(
        scope = "watchdog",
        name = "links",
        description = "Shows the conmgr processes that are linked to the watchdogs here",
        detailedDescription = """
                Intervals and timeouts are in seconds, and are what that conmgr asked for; last_beat is the sequence \
                number of its last beat; sessions is how many SQL connections it has registered.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class LinksCommand implements Action {
    @Reference
    private List<WatchdogView> watchdogs;

    @Option(name = "--json", description = "JSON, for programs")
    private boolean json;

    @Override
    public String execute() {
        return Views.links(watchdogs, json);
    }
}
