package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code cm_ctl reload}. What it tells is the running conmgr's own verdict. */
@Command(name = "reload", description = "Has conmgr read conmgr.conf again, and tells what it makes of it.")
final class Reload implements Callable<Integer> {
    static final String RELOAD = "RELOAD";

    private final Surroundings surroundings;

    @Mixin
    private DirectoryOption directoryOption = new DirectoryOption();

    @Mixin
    private TimeLimitOption timeLimit = new TimeLimitOption();

    Reload(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws Failure {
        Path directory = directoryOption.directory(surroundings);
        Conmgr conmgr = Conmgr.runningOn(directory);
        Path file = directory.resolve(ConfFile.NAME);
        if (conmgr.isRunning()) {
            ask(conmgr, file);
        } else {
            check(conmgr, file);
        }
        return ExitCode.OK;
    }

    private void ask(Conmgr conmgr, Path file) throws Failure {
        try (ConsoleClient console = conmgr.console(timeLimit.deadline())) {
            List<Rows.Row> told = console.query(RELOAD).rows();
            told.forEach(row -> surroundings.say(row.get("kind") + ": " + row.get("text")));
            boolean changed = told.stream().anyMatch(row -> row.get("kind").equals("change"));
            if (!changed) {
                surroundings.say("nothing changed since conmgr last read it");
            }
            surroundings.say(
                    Files.exists(file) ? file + " is in force" : "there is no " + file + ": etc/*.cfg are in force");
        } catch (ConsoleClient.SqlFailure e) {
            throw new Failure(ExitCode.ERROR, e.text() + (e.detail().isEmpty() ? "" : ":\n" + e.detail()));
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.ERROR,
                    conmgr + " does not answer on port " + conmgr.pidFile().port() + ": " + e.getMessage());
        }
    }

    /** It listens nowhere, perhaps because of this very file; so it cannot be asked. */
    private void check(Conmgr conmgr, Path file) throws Failure {
        if (Files.exists(file)) {
            List<Problem> problems = ConfFile.check(file);
            problems.forEach(problem -> surroundings.say(problem.severity() + ": " + problem));
            if (problems.stream().anyMatch(Problem::isError)) {
                throw new Failure(ExitCode.ERROR, file + " is not put into force");
            }
        }
        surroundings.say("conmgr is " + conmgr.state() + " and cannot be asked: it reads the file by itself");
    }
}
