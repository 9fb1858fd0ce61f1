package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.conmgr.testkit.Await;

/** A program of the system, run to its end. */
final class Program {
    private static final int DEADLINE_S = 120;

    private final List<String> command;
    private final Map<String, String> environment = new TreeMap<>();

    private Program(List<String> command) {
        this.command = command;
        environment.put("LC_ALL", "C.UTF-8");
        environment.put("PGCLIENTENCODING", "UTF8");
        environment.put("PSQLRC", "/dev/null");
    }

    /** What a program wrote, and how it ended. */
    record Result(int status, String latin1) {
        byte[] bytes() {
            return latin1.getBytes(StandardCharsets.ISO_8859_1);
        }

        String text() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }

        /** Fails unless the status is 0. */
        Result successful() {
            assertThat(status).as(text()).isZero();
            return this;
        }
    }

    static Program of(String... command) {
        return new Program(new ArrayList<>(List.of(command)));
    }

    /** Skips the test where programs are missing; the build of record has them all. */
    static void assumeThere(String... programs) {
        for (String program : programs) {
            boolean there = program.startsWith("/")
                    ? Files.exists(Path.of(program))
                    : of("sh", "-c", "command -v " + program).run().status() == 0;
            assumeTrue(there, program + " is not installed");
        }
    }

    Program with(String... arguments) {
        command.addAll(List.of(arguments));
        return this;
    }

    Program environment(String key, String value) {
        environment.put(key, value);
        return this;
    }

    /** Standard output and error are one. */
    Result run() {
        return run(process -> {});
    }

    /** Sends it what Ctrl-C does, once the condition holds. */
    Result interruptedWhen(String what, Await.Condition condition) {
        return run(process -> {
            Await.until(what, Duration.ofSeconds(60), () -> !process.isAlive() || condition.holds());
            of("kill", "-s", "INT", String.valueOf(process.pid())).run();
        });
    }

    private Result run(Consumer<Process> meanwhile) {
        try {
            Path output = Files.createTempFile("conmgr-program", ".out");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(output.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                meanwhile.accept(process);
                if (!process.waitFor(DEADLINE_S, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(command + " ran for more than " + DEADLINE_S + " s; it wrote:\n"
                            + Files.readString(output, StandardCharsets.ISO_8859_1));
                }
                return new Result(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
