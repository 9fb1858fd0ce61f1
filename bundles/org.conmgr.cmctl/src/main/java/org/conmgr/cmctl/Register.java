package org.conmgr.cmctl;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.conmgr.config.Conf;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Parameter;
import org.conmgr.config.Platform;
import org.conmgr.config.Problem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code cm_ctl register}. */
@Command(
        name = "register",
        description = {"Makes conmgr a Windows service.", "For an administrator. Start it with: net start NAME."})
final class Register implements Callable<Integer> {
    private static final String DEFAULT_SOURCE = "conmgr";

    private final Surroundings surroundings;
    private final Windows windows;
    private final String javaHome;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ServiceName serviceName = new ServiceName();

    @Mixin
    private DirectoryOption directoryOption = new DirectoryOption();

    @Option(
            names = "-U",
            paramLabel = "USER",
            description = "Who the service runs as: USER, DOMAIN\\USER. Default: the Network Service.")
    private @Nullable String user;

    @Option(
            names = "-P",
            paramLabel = "PASSWORD",
            description = "The password of USER. Not needed for an account that has none.")
    private @Nullable String password;

    private boolean automatic = true;

    @Option(
            names = "-e",
            paramLabel = "SOURCE",
            description = "The event source. What counts is event_source in conmgr.conf; this only checks it.")
    private @Nullable String source;

    @Option(names = "-W", description = "No effect: Windows is told that the service runs as soon as its process does.")
    @SuppressWarnings("UnusedVariable") // taken, since scripts give it to every mode
    private boolean noWait;

    @Option(names = "--complete", description = "No effect.")
    @SuppressWarnings("UnusedVariable") // likewise
    private boolean complete;

    @Mixin
    @SuppressWarnings("UnusedVariable") // likewise
    private TimeLimitOption timeLimit = new TimeLimitOption();

    /** @param javaHome of the Java that the service is to run with */
    Register(Surroundings surroundings, Windows windows, String javaHome) {
        this.surroundings = surroundings;
        this.windows = windows;
        this.javaHome = javaHome;
    }

    @Option(
            names = "-S",
            paramLabel = "auto|demand",
            defaultValue = "auto",
            description = "When it starts: with Windows (auto, a), or when it is told to (demand, d)."
                    + " Default: ${DEFAULT-VALUE}.")
    void start(String given) {
        automatic = switch (given.toLowerCase(Locale.ROOT)) {
            case "a", "auto" -> true;
            case "d", "demand" -> false;
            default ->
                throw new ParameterException(
                        command.commandLine(), "-S: " + given + " (expected: auto, a, demand or d)");
        };
    }

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        String name = serviceName.name(windows);
        Path directory = directoryOption.directory(surroundings);
        StartCheck.contents(directory);
        if (password != null && user == null) {
            throw new Failure(ExitCode.ERROR, "-P without -U (expected: both, or -U alone)");
        }
        checkConf(directory.resolve(ConfFile.NAME));
        if (windows.hasService(name)) {
            throw new Failure(ExitCode.ERROR, "there is a service " + name + " already (expected: another -N)");
        }
        ServiceCommand service = service(name, directory);
        // The service runner lets the service's user write there, if it is there.
        Files.createDirectories(directory.resolve("data").resolve("log"));
        Windows.Outcome made = windows.programs().run(service.install(automatic), service.secrets());
        if (made.exitCode() != 0) {
            throw new Failure(
                    ExitCode.ERROR,
                    "service " + name + " is not registered: " + service.runner() + " ended with exit code "
                            + made.exitCode() + "\n" + made.output().strip());
        }
        surroundings.say("service " + name + " is registered; it runs as "
                + service.account().name() + ", who must be allowed to write " + directory);
        return ExitCode.OK;
    }

    private ServiceCommand service(String name, Path directory) throws Failure, IOException {
        Path runner = runner(surroundings);
        if (!Files.exists(runner)) {
            throw new Failure(ExitCode.ERROR, runner + ": no such file; it belongs to the distribution");
        }
        String classPath = JvmArguments.classPath(surroundings.home()).stream()
                .map(Path::toString)
                .collect(Collectors.joining(";"));
        try {
            return new ServiceCommand(
                    name,
                    runner.toString(),
                    surroundings.home().toString(),
                    directory.toString(),
                    javaHome,
                    classPath,
                    surroundings.environment().getOrDefault("JAVA_OPTS", ""),
                    new ServiceCommand.Account(user, password));
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.ERROR, String.valueOf(e.getMessage()));
        }
    }

    /** The service runner of a distribution. */
    static Path runner(Surroundings surroundings) {
        return surroundings.home().resolve("lib" + File.separator + "service").resolve(ServiceCommand.EXECUTABLE);
    }

    private void checkConf(Path file) throws Failure {
        Map<Parameter, String> values = Map.of();
        if (Files.exists(file)) {
            ConfFile.Reading reading = ConfFile.read(file, Platform.WINDOWS);
            List<Problem> problems = reading.problems();
            problems.forEach(problem -> surroundings.say(problem.severity() + ": " + problem));
            Conf conf = reading.conf();
            if (conf == null || !reading.errors().isEmpty()) {
                throw new Failure(ExitCode.ERROR, file + " has errors: no service is registered");
            }
            values = conf.values();
        }
        String written = values.getOrDefault(Parameter.EVENT_SOURCE, DEFAULT_SOURCE);
        if (source != null && !source.equals(written)) {
            surroundings.say("WARNING: -e " + source + " has no effect: conmgr writes with event_source = " + written
                    + "; change it in " + file);
        }
    }
}
