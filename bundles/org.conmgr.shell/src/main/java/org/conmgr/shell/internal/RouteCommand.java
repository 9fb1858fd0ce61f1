package org.conmgr.shell.internal;

import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.routing.RegistryView;

/** {@code conmgr:route}. */
@Service
@Command(
        scope = "conmgr",
        name = "route",
        description = "Shows where a connection would be sent now",
        detailedDescription = """
                Binds nothing. Takes the words of libpq's target_session_attrs and of pgjdbc's targetServerType. The \
                word primary is libpq's (not in recovery), with --pgjdbc that of pgjdbc (a read-write instance). \
                others are the other live instances that a driver may go on to by itself, best first.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class RouteCommand implements Action {
    @Reference
    private RegistryView registry;

    @Argument(
            name = "target",
            required = true,
            description = "The kind of instance, e.g. read-write or preferSecondary")
    @Completion(TargetWords.class)
    private String target;

    @Option(name = "--pgjdbc", description = "The target is a word of pgjdbc's targetServerType")
    private boolean pgjdbc;

    @Option(name = "--json", description = "JSON, for programs")
    private boolean json;

    @Override
    public String execute() throws CommandException {
        return Views.route(registry, TargetWords.read(target, pgjdbc), json);
    }
}
