package org.conmgr.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Who runs the servers: ourselves, or, as PostgreSQL refuses to run as root, {@code postgres} or {@code nobody} by way
 * of {@code setpriv} (util-linux).
 */
final class ServerUser {
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(2);

    private final String name;
    private final @Nullable UserPrincipal principal;
    private final List<String> command;
    private final List<String> serverCommand;

    private ServerUser(
            String name, @Nullable UserPrincipal principal, List<String> command, List<String> serverCommand) {
        this.name = name;
        this.principal = principal;
        this.command = command;
        this.serverCommand = serverCommand;
    }

    /** The user for this JVM. */
    static ServerUser find() throws IOException {
        // A server whose JVM is killed gets SIGQUIT: an immediate shutdown.
        List<String> orphan = List.of("setpriv", "--pdeathsig", "QUIT");
        boolean orphanable = succeeds(plus(orphan, List.of("true")));
        if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            return new ServerUser(System.getProperty("user.name"), null, List.of(), orphanable ? orphan : List.of());
        }
        UserPrincipal principal = lookUp("postgres");
        if (principal == null) {
            principal = lookUp("nobody");
        }
        if (principal == null) {
            throw new EmbeddedPostgresException(
                    "PostgreSQL does not run as root, and there is no user postgres or nobody to run it");
        }
        String group = run(List.of("id", "-g", principal.getName())).strip();
        List<String> identity = List.of("--reuid=" + principal.getName(), "--regid=" + group, "--clear-groups");
        return new ServerUser(
                principal.getName(),
                principal,
                plus(List.of("setpriv"), identity),
                plus(orphanable ? orphan : List.of("setpriv"), identity));
    }

    private static @Nullable UserPrincipal lookUp(String user) throws IOException {
        try {
            return Path.of("/").getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
        } catch (UserPrincipalNotFoundException e) {
            return null;
        }
    }

    /** Makes the file the server's own. */
    void own(Path file) throws IOException {
        if (principal != null) {
            Files.setOwner(file, principal);
        }
    }

    /** A file of the server's own with this content, mode 600. */
    void write(Path file, byte[] content) throws IOException {
        Files.deleteIfExists(file);
        Files.write(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        own(file);
    }

    void write(Path file, String content) throws IOException {
        write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Fails with what to do about it when the server's user cannot get into the directory. */
    void requireReach(Path directory) throws IOException {
        if (!succeeds(plus(command, List.of("test", "-r", directory.toString(), "-a", "-x", directory.toString())))) {
            throw new EmbeddedPostgresException(directory + ": user " + name
                    + " cannot reach it (expected: a directory whose parents every user may enter)");
        }
    }

    /** Runs a program as the server's user to its end and returns its output; throws unless its exit code is 0. */
    String runAs(List<String> program) throws IOException {
        return run(plus(command, program));
    }

    /** How to start a server: as this user, ended by SIGQUIT when the thread that starts it ends. */
    ProcessBuilder server(List<String> program) {
        return builder(plus(serverCommand, program));
    }

    /** Runs a program as ourselves to its end and returns its output; throws unless its exit code is 0. */
    static String run(List<String> program) throws IOException {
        Result result = execute(program);
        if (result.code != 0) {
            throw new EmbeddedPostgresException(
                    String.join(" ", program) + ": exit code " + result.code + ": " + result.output);
        }
        return result.output;
    }

    private static boolean succeeds(List<String> program) {
        try {
            return execute(program).code == 0;
        } catch (IOException e) {
            return false; // no such program
        }
    }

    private record Result(int code, String output) {}

    private static Result execute(List<String> program) throws IOException {
        Path output = Files.createTempFile("conmgr-postgres", ".out");
        try {
            // To a file, so that a program that does not end cannot keep us reading.
            Process process = builder(program).redirectOutput(output.toFile()).start();
            try {
                if (!process.waitFor(COMMAND_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new EmbeddedPostgresException(
                            String.join(" ", program) + ": no end within " + COMMAND_LIMIT.toSeconds() + " s");
                }
                return new Result(process.exitValue(), Files.readString(output));
            } finally {
                process.destroyForcibly(); // nobody waits for it any more
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("interrupted", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static ProcessBuilder builder(List<String> program) {
        ProcessBuilder builder = new ProcessBuilder(program).redirectErrorStream(true);
        // Only what is known: PGDATA, PGPORT, a library path or a locale of the caller must not reach the server.
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("TZ", "UTC");
        return builder.redirectInput(Path.of("/dev/null").toFile());
    }

    private static List<String> plus(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }
}
