package org.conmgr.cmctl;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code cm_ctl reload}. A running conmgr takes up an edit of {@code conmgr.conf} by itself within a second; what is
 * left to do is to say what it makes of it.
 */
@Command(
        name = "reload",
        description = "Checks conmgr.conf as conmgr does. A running conmgr reads an edit by itself, within a second.")
final class Reload implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private DirectoryOption directoryOption = new DirectoryOption();

    Reload(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws Failure {
        Path directory = directoryOption.directory(surroundings);
        Conmgr.runningOn(directory);
        Path file = directory.resolve(ConfFile.NAME);
        if (!Files.exists(file)) {
            throw new Failure(ExitCode.ERROR, file + ": no such file; conmgr is configured by etc/*.cfg");
        }
        List<Problem> problems = ConfFile.check(file);
        problems.forEach(problem -> surroundings.say(problem.severity() + ": " + problem));
        if (problems.stream().anyMatch(Problem::isError)) {
            throw new Failure(ExitCode.ERROR, file + " is not put into force: what was in force stays in force");
        }
        surroundings.say(file + " is good; conmgr puts it into force");
        return ExitCode.OK;
    }
}
