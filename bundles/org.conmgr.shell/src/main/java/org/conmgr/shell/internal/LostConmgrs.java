package org.conmgr.shell.internal;

import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.conmgr.api.link.VerdictView;

/** The names and addresses of the conmgr processes on record. */
@Service
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class LostConmgrs implements Completer {
    @Reference
    private VerdictView verdicts;

    @Override
    public int complete(Session session, CommandLine commandLine, List<String> candidates) {
        List<String> names = Explanations.conmgrs(verdicts);
        return new StringsCompleter(names).complete(session, commandLine, candidates);
    }
}
