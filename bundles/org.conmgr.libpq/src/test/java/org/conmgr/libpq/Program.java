package org.conmgr.libpq;

import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;

/** A program to run: made, started, ended once. Ends with the test in any case. */
@NullUnmarked
final class Program implements AutoCloseable {
    private static final int SECONDS = 300;

    private final List<String> command;
    private final Map<String, String> environment = new HashMap<>();
    private Process process;
    private Path out;
    private Path err;
    private long ended;

    Program(List<String> command) {
        this.command = command;
        environment.put("PGUSER", "postgres");
        environment.put("PGDATABASE", "postgres");
        environment.put("LC_ALL", "C.UTF-8");
    }

    /** How it ended. */
    record Result(int status, String out, String err) {
        String all() {
            return "status " + status + "\n" + out + err;
        }
    }

    Program with(String variable, Object value) {
        environment.put(variable, String.valueOf(value));
        return this;
    }

    /** Where psql and its like connect to: the environment of libpq. */
    Program to(FakeConmgr conmgr, String target) {
        return with("PGHOST", "127.0.0.1").with("PGPORT", conmgr.port()).with("PGTARGETSESSIONATTRS", target);
    }

    Program start() {
        try {
            out = output(".out");
            err = output(".err");
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            builder.environment().putAll(environment);
            process = builder.redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            process.onExit().thenRun(() -> ended = System.nanoTime());
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path output(String kind) throws IOException {
        Path file = Files.createTempFile("conmgr-program", kind);
        file.toFile().deleteOnExit();
        return file;
    }

    void say(String line) {
        try {
            OutputStream in = process.getOutputStream();
            in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String output() {
        try {
            // Whatever it says, in whatever encoding.
            return Files.readString(out, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitOutput(String text) {
        until("the program says " + text, () -> output().contains(text) || !process.isAlive());
        if (!output().contains(text)) {
            throw new AssertionError("it ended without saying " + text + ": " + result().all());
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Its end; waits for it. */
    Result result() {
        try {
            if (process == null) {
                start();
            }
            process.getOutputStream().close();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        "not ended after " + SECONDS + " s: " + command + "\n" + output() + Files.readString(err));
            }
            return new Result(process.exitValue(), output(), Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Milliseconds from a {@link System#nanoTime} to its end; waits for that. */
    long millisSince(long nanos) {
        result();
        until("its end is noted", () -> ended != 0);
        return TimeUnit.NANOSECONDS.toMillis(ended - nanos);
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
