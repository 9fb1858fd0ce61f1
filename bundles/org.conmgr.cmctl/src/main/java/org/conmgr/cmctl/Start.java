package org.conmgr.cmctl;

import java.io.File;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cm_ctl start}. */
@Command(name = "start", description = "Starts conmgr and waits until its link to the primary is up.")
final class Start implements Callable<Integer> {
    private static final long LOOK_MILLIS = 100;
    private static final int MAX_TAIL = 4096;

    private final Surroundings surroundings;
    private final Windows windows;

    @Mixin
    private DirectoryOption directoryOption = new DirectoryOption();

    @Mixin
    private TimeLimitOption timeLimit = new TimeLimitOption();

    @Option(
            names = "-W",
            description = "Do not wait for links, only until conmgr has taken up its work."
                    + " Needed when no primary is configured.")
    private boolean noWait;

    @Option(names = "--complete", description = "Wait until the links to all instances are up.")
    private boolean complete;

    Start(Surroundings surroundings, Windows windows) {
        this.surroundings = surroundings;
        this.windows = windows;
    }

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        if (StartCheck.isRoot(surroundings.user())) {
            throw new Failure(ExitCode.ERROR, "cannot be run as root: switch to the user who is to own conmgr");
        }
        if (windows.present() && windows.isElevated()) {
            throw new Failure(
                    ExitCode.ERROR, "cannot be run as an administrator: open a command prompt without these rights");
        }
        Path directory = directoryOption.directory(surroundings);
        StartCheck.directory(directory, surroundings.user());
        Optional<Conmgr> other = Conmgr.on(directory);
        if (other.isPresent()) {
            throw new Failure(
                    ExitCode.ERROR,
                    "another " + other.get() + " is " + other.get().state());
        }
        checkConf(directory.resolve(ConfFile.NAME));
        Path output = output(directory);
        long before = Files.exists(output) ? Files.size(output) : 0;
        Deadline deadline = timeLimit.deadline();
        Process process = launch(directory, output);
        await(new LinkWait(directory, process.pid(), goal()), process, deadline, output, before);
        return ExitCode.OK;
    }

    private LinkWait.Goal goal() {
        if (noWait) {
            return LinkWait.Goal.LISTENING;
        }
        return complete ? LinkWait.Goal.ALL : LinkWait.Goal.PRIMARY;
    }

    private void checkConf(Path file) throws Failure {
        if (!Files.exists(file)) {
            return;
        }
        List<Problem> problems = ConfFile.check(file);
        problems.forEach(problem -> surroundings.say(problem.severity() + ": " + problem));
        if (problems.stream().anyMatch(Problem::isError)) {
            throw new Failure(ExitCode.ERROR, file + " has errors: conmgr is not started");
        }
    }

    /** Where the process writes what belongs into no log. Closed to others, as bin/conmgr makes it. */
    private static Path output(Path directory) throws Failure {
        Path log = directory.resolve("data/log");
        try {
            if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
                Files.createDirectories(
                        log, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectories(log);
            }
            return log.resolve("conmgr.out");
        } catch (IOException e) {
            throw new Failure(ExitCode.ERROR, log + ": cannot be made: " + e.getMessage());
        }
    }

    private Process launch(Path directory, Path output) throws Failure, IOException {
        File out = output.toFile();
        List<String> command = windows.present() ? java(directory) : launcher(directory);
        try {
            return new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectInput(new File(windows.present() ? "NUL" : "/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(out))
                    .redirectError(ProcessBuilder.Redirect.appendTo(out))
                    .start();
        } catch (IOException e) {
            throw new Failure(ExitCode.ERROR, "could not start conmgr: " + e.getMessage());
        }
    }

    /** In a session of its own, so that the end of this terminal is not its end. */
    private List<String> launcher(Path directory) {
        List<String> command = new ArrayList<>();
        if (isOnPath("setsid")) {
            command.add("setsid");
        }
        command.addAll(List.of(surroundings.home().resolve("bin/conmgr").toString(), "-D", directory.toString()));
        return command;
    }

    /** As bin/conmgr.cmd does it, which would be one more process, and not the one of the pid file. */
    List<String> java(Path directory) throws IOException {
        String extra = surroundings.environment().getOrDefault("JAVA_OPTS", "");
        return JvmArguments.command(
                Path.of(System.getProperty("java.home"), "bin", "java"), surroundings.home(), directory, extra);
    }

    private boolean isOnPath(String program) {
        for (String directory :
                surroundings.environment().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    private void await(LinkWait wait, Process process, Deadline deadline, Path output, long before)
            throws Failure, IOException, InterruptedException {
        String told = "";
        while (true) {
            String missing = wait.look(deadline.forOneAnswer());
            if (missing.isEmpty()) {
                surroundings.say("conmgr is started (process " + process.pid() + ")");
                return;
            }
            if (!missing.equals(told)) {
                surroundings.say("waiting for " + missing);
                told = missing;
            }
            if (deadline.isOver()) {
                throw new Failure(
                        ExitCode.ERROR,
                        "not reached within " + timeLimit + ": " + missing + "\nconmgr (process " + process.pid()
                                + ") stays up");
            }
            if (process.waitFor(Math.min(LOOK_MILLIS, deadline.left().toMillis() + 1), TimeUnit.MILLISECONDS)) {
                throw new Failure(
                        ExitCode.ERROR,
                        "conmgr ended with exit code " + process.exitValue() + "; " + output + " says:\n"
                                + tail(output, before));
            }
        }
    }

    /** The end of what the process has written. */
    private static String tail(Path file, long before) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.position(Math.max(before, channel.size() - MAX_TAIL));
            byte[] bytes = Channels.newInputStream(channel).readNBytes(MAX_TAIL);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
