package org.conmgr.shell.internal;

import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.link.VerdictView;
import org.jspecify.annotations.Nullable;

/** {@code watchdog:explain}. */
@Service
@Command(
        scope = "watchdog",
        name = "explain",
        description = "Explains why the watchdogs here gave up conmgr processes",
        detailedDescription = """
                Each verdict with all it rested on: how long the conmgr had been silent, the last beats both ways, and \
                how long this process itself stood still. The last 16 of each conmgr are kept while this process \
                runs, of the 256 that were lost last, newest first.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class ExplainConmgrCommand implements Action {
    @Reference
    private VerdictView verdicts;

    @Argument(name = "conmgr", description = "A conmgr's name or its address; all without it")
    @Completion(LostConmgrs.class)
    private @Nullable String conmgr;

    @Option(name = "--json", description = "JSON, for programs")
    private boolean json;

    @Override
    public String execute() throws CommandException {
        return Explanations.ofConmgrs(verdicts, conmgr, json);
    }
}
