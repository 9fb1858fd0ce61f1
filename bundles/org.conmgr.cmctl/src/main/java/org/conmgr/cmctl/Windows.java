package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.conmgr.config.Platform;

/**
 * The facts about a Windows that a command needs, each asked of a program that every Windows has. None of it depends on
 * the language of the system: exit codes, security identifiers and what we have written ourselves.
 *
 * @param present whether this is a Windows
 */
record Windows(boolean present, Map<String, String> environment, Programs programs) {
    /** The mandatory labels of an administrator whose rights are in force, and of the system itself. */
    private static final List<String> ELEVATED = List.of("S-1-16-12288", "S-1-16-16384");

    private static final int NO_SUCH_SERVICE = 1060;

    /** Runs programs. */
    @FunctionalInterface
    interface Programs {
        /**
         * Runs one to its end.
         *
         * @param variables what its environment has besides ours: what no command line is to show
         */
        Outcome run(List<String> command, Map<String, String> variables) throws IOException, InterruptedException;
    }

    /** How a program ended, and what it wrote to both streams. */
    record Outcome(int exitCode, String output) {}

    static Windows ofThisComputer() {
        return new Windows(Platform.current() == Platform.WINDOWS, System.getenv(), Windows::runProgram);
    }

    private static Outcome runProgram(List<String> command, Map<String, String> variables)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(variables);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
        return new Outcome(process.waitFor(), output);
    }

    /** Whether the rights of an administrator are in force: not so at a command prompt that was opened without them. */
    boolean isElevated() throws IOException, InterruptedException {
        String groups = system("whoami.exe", "/groups", "/fo", "csv").output();
        return ELEVATED.stream().anyMatch(groups::contains);
    }

    /** @throws Failure if that cannot be found out */
    boolean hasService(String name) throws Failure, IOException, InterruptedException {
        Outcome query = system("sc.exe", "query", name);
        if (query.exitCode() != 0 && query.exitCode() != NO_SUCH_SERVICE) {
            throw new Failure(
                    ExitCode.ERROR,
                    "cannot ask for service " + name + ": " + query.output().strip());
        }
        return query.exitCode() == 0;
    }

    /** Whether {@code cm_ctl register} has made it, of this or of another distribution. */
    boolean isOurs(String name) throws IOException, InterruptedException {
        String key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\" + name;
        String image =
                system("reg.exe", "query", key, "/v", "ImagePath").output().toLowerCase(Locale.ROOT);
        return image.contains(ServiceCommand.EXECUTABLE) && image.contains("//rs//" + name.toLowerCase(Locale.ROOT));
    }

    private Outcome system(String program, String... arguments) throws IOException, InterruptedException {
        String root = environment.getOrDefault("SystemRoot", "C:\\Windows");
        List<String> command = new ArrayList<>(List.of(root + "\\System32\\" + program));
        command.addAll(List.of(arguments));
        return programs.run(command, Map.of());
    }
}
