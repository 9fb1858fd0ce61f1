package org.conmgr.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.watchdog.ViewExtension;
import org.jspecify.annotations.Nullable;

/** Puts the files of the extension where a server looks for them. */
final class ExtensionFiles {
    /** Every server has it: a directory without it is none of extensions. */
    private static final String WELL_KNOWN = "plpgsql.control";

    private ExtensionFiles() {}

    /** Returns what to tell: the script, or which files were written and what comes next. */
    static String install(List<ViewExtension> extensions, @Nullable String directory, boolean sql)
            throws CommandException {
        if (extensions.isEmpty()) {
            throw new CommandException("no watchdog is installed here (expected: feature:install watchdog)");
        }
        ViewExtension extension = extensions.get(0);
        if (sql) {
            return extension.script();
        }
        Path target = target(directory);
        StringBuilder told = new StringBuilder();
        for (var file : new TreeMap<>(extension.files()).entrySet()) {
            Path path = target.resolve(file.getKey());
            try {
                Files.writeString(path, file.getValue());
            } catch (IOException e) {
                throw new CommandException(path + " cannot be written: " + e
                        + ". Copy the files of this distribution's directory extension there, as root; or use --sql.");
            }
            told.append(path).append(" written\n");
        }
        return told + "Now run CREATE EXTENSION watchdog in the database that shall have the views.";
    }

    private static Path target(@Nullable String directory) throws CommandException {
        String found = directory == null ? "none" : directory;
        try {
            if (directory != null && Files.exists(Path.of(directory, WELL_KNOWN))) {
                return Path.of(directory);
            }
        } catch (InvalidPathException e) {
            found = e.getMessage();
        }
        throw new CommandException("directory: " + found + " (expected: the server's extension directory, with "
                + WELL_KNOWN
                + " in it; a superuser's select setting || '/extension' from pg_config where name = 'SHAREDIR'"
                + " shows it)");
    }
}
