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
import org.conmgr.api.routing.RegistryView;
import org.jspecify.annotations.Nullable;

/** {@code conmgr:explain}. */
@Service
@Command(
        scope = "conmgr",
        name = "explain",
        description = "Explains why instances were declared dead, or left unmonitored",
        detailedDescription = """
                Each verdict with all it rested on: how long the watchdog had been silent, the last beats both ways, \
                how long this process itself stood still, and what a probe of the instance found. The last 16 of each \
                instance are kept while conmgr runs, newest first.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class ExplainCommand implements Action {
    @Reference
    private RegistryView registry;

    @Reference
    private VerdictView verdicts;

    @Argument(name = "instance", description = "An instance number; all instances without it")
    @Completion(InstanceNumbers.class)
    private @Nullable String instance;

    @Option(name = "--json", description = "JSON, for programs")
    private boolean json;

    @Override
    public String execute() throws CommandException {
        return Explanations.ofInstances(registry, verdicts, instance, json);
    }
}
