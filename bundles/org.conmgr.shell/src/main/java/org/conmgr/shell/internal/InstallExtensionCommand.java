package org.conmgr.shell.internal;

import java.util.List;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.CommandException;
import org.apache.karaf.shell.support.completers.FileCompleter;
import org.conmgr.api.watchdog.ViewExtension;
import org.jspecify.annotations.Nullable;

/** {@code watchdog:install-extension}. */
@Service
@Command(
        scope = "watchdog",
        name = "install-extension",
        description = "Makes CREATE EXTENSION watchdog possible in a server on this host",
        detailedDescription = """
                DIRECTORY is the server's SHAREDIR/extension. This process must be allowed to write there; otherwise \
                copy the files from its own directory extension, as root. Where there is no access to the server's \
                files, --sql shows a script that a superuser runs in place of CREATE EXTENSION.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class InstallExtensionCommand implements Action {
    @Reference
    private List<ViewExtension> extensions;

    @Argument(name = "DIRECTORY", description = "the server's extension directory")
    @Completion(FileCompleter.class)
    @Nullable
    private String directory;

    @Option(name = "--sql", description = "The script, and nothing else")
    private boolean sql;

    @Override
    public String execute() throws CommandException {
        return ExtensionFiles.install(extensions, directory, sql);
    }
}
