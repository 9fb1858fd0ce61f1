package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code -D}, else {@code CMDATA}. */
final class DirectoryOption {
    @Option(
            names = "-D",
            paramLabel = "DIR",
            description = "The conmgr directory. Default: environment variable CMDATA.")
    private @Nullable Path option;

    /**
     * The real path of the directory.
     *
     * @throws Failure if none is given, or there is no such directory, or it may not be entered
     */
    Path directory(Surroundings surroundings) throws Failure {
        String variable = surroundings.environment().getOrDefault("CMDATA", "");
        if (option == null && variable.isEmpty()) {
            throw new Failure(ExitCode.ERROR, "no conmgr directory (expected: -D DIR, or environment variable CMDATA)");
        }
        Path directory = option == null ? Path.of(variable) : option;
        if (!Files.exists(directory)) {
            throw new Failure(ExitCode.NO_DIRECTORY, directory + ": no such directory");
        }
        if (!Files.isDirectory(directory)) {
            throw new Failure(ExitCode.NO_DIRECTORY, directory + ": not a directory");
        }
        try {
            if (Files.isReadable(directory) && Files.isExecutable(directory)) {
                return directory.toRealPath();
            }
            throw new Failure(ExitCode.NO_DIRECTORY, directory + ": no permission to read it");
        } catch (IOException e) {
            throw new Failure(ExitCode.NO_DIRECTORY, directory + ": " + e.getMessage());
        }
    }
}
