package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The companion as the build laid it out, and the programs that use it. */
final class Companion {
    static final Path DIST = Path.of(System.getProperty("conmgr.libpq.dist"));
    static final Path SOURCES = Path.of(System.getProperty("conmgr.libpq.sources"));
    static final Path WORK = Path.of(System.getProperty("conmgr.libpq.work"));
    static final Path LIBRARY = DIST.resolve("lib/linux-" + machine() + "/libpqconmgr.so");

    private Companion() {}

    private static String machine() {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return arch.equals("amd64") ? "x86_64" : arch;
    }

    /** Skips the test, aloud and not on CI, unless there is a companion and these programs. */
    static void require(String... programs) {
        need(Files.exists(LIBRARY), LIBRARY + ", which is built where there are a C compiler and libpq's headers");
        for (String program : programs) {
            need(find(program).isPresent(), "the program " + program);
        }
    }

    static void need(boolean there, String what) {
        if (!there) {
            assertThat(System.getenv("CI"))
                    .as("On CI nothing may be missing, but: " + what)
                    .isNotEqualTo("true");
            System.err.println("SKIPPED: this test needs " + what);
            assumeTrue(false, "needs " + what);
        }
    }

    /** The path of a program, PostgreSQL's own directories included. */
    private static Optional<String> find(String program) {
        List<Path> directories = new ArrayList<>();
        for (int version = 18; version >= 13; version--) {
            directories.add(Path.of("/usr/lib/postgresql/" + version + "/bin"));
        }
        for (String directory : System.getenv("PATH").split(File.pathSeparator, -1)) {
            directories.add(Path.of(directory));
        }
        return directories.stream()
                .map(directory -> directory.resolve(program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    /** {@code conmgr-run} and a program, found as {@link #find} does. */
    static Program run(String program, String... arguments) {
        return program(DIST.resolve("bin/conmgr-run").toString(), program(program), arguments);
    }

    /** A program without the companion, unless it is linked with it. */
    static Program plain(String program, String... arguments) {
        return program(program(program), null, arguments);
    }

    private static String program(String name) {
        return name.indexOf('/') < 0 ? find(name).orElseThrow() : name;
    }

    private static Program program(String first, @Nullable String second, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add("/bin/sh");
        command.add("-c");
        // The distribution's launchers get their mode from the assembly.
        command.add(second == null ? "exec \"$@\"" : "exec sh \"$@\"");
        command.add("sh");
        command.add(first);
        if (second != null) {
            command.add(second);
        }
        command.addAll(Arrays.asList(arguments));
        return new Program(command);
    }

    /** Compiles a program with libpq, linked or not linked with the companion. */
    static String compile(Path source, boolean linked, String... options) {
        require("cc");
        try {
            Files.createDirectories(WORK);
            String name = source.getFileName().toString().replace(".c", "");
            Path output = WORK.resolve(name + (linked ? "-linked" : "") + Arrays.hashCode(options));
            List<String> command = new ArrayList<>(List.of(
                    "cc",
                    "-std=c11",
                    "-D_GNU_SOURCE",
                    "-g",
                    "-O1",
                    "-Wall",
                    "-Wextra",
                    "-Werror",
                    "-isystem",
                    "/usr/include/postgresql",
                    "-I",
                    DIST.resolve("include").toString(),
                    source.toString()));
            command.addAll(List.of(options));
            command.addAll(List.of("-o", output.toString()));
            if (linked) {
                command.addAll(List.of("-L" + LIBRARY.getParent(), "-lpqconmgr", "-Wl,-rpath," + LIBRARY.getParent()));
            }
            command.addAll(List.of("-lpq", "-lpthread"));
            Program.Result result = new Program(command).result();
            assertThat(result.status()).as(result.all()).isZero();
            return output.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path example(String name) {
        return DIST.resolve("share/examples/libpq/" + name + ".c");
    }

    static Path testProgram(String name) {
        return SOURCES.resolve("test/c/" + name);
    }
}
