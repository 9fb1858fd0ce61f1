package org.conmgr.shell.internal;

import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.conmgr.api.routing.RegistryView;

/** The numbers of the configured instances. */
@Service
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class InstanceNumbers implements Completer {
    @Reference
    private RegistryView registry;

    @Override
    public int complete(Session session, CommandLine commandLine, List<String> candidates) {
        List<String> numbers = registry.instances().stream()
                .map(status -> String.valueOf(status.instance().number()))
                .toList();
        return new StringsCompleter(numbers).complete(session, commandLine, candidates);
    }
}
