package org.conmgr.testkit.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.conmgr.testkit.Await;

/** A process on a {@link Host}. It gets lines on its standard input and writes lines to a file. */
public final class HostProcess implements AutoCloseable {
    private static final long STOP_SECONDS = 15;

    private final String name;
    private final Process process;
    private final Path output;
    private final Writer input;

    HostProcess(String name, Process process, Path output) {
        this.name = name;
        this.process = process;
        this.output = output;
        this.input = process.outputWriter(StandardCharsets.UTF_8);
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Writes a line to its standard input. */
    public void tell(String line) {
        try {
            input.write(line + "\n");
            input.flush();
        } catch (IOException e) {
            throw new LabException(name + " does not take \"" + line + "\": " + e.getMessage(), e);
        }
    }

    /** What it has written to standard output and error. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The whole lines it has written. */
    public List<String> lines() {
        String text = output();
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    /** Waits until a text is in its output. */
    public HostProcess awaitOutput(String text, Duration deadline) {
        Await.passes(name + " says: " + text, deadline, () -> {
            String now = output();
            if (!now.contains(text)) {
                throw new AssertionError(
                        (process.isAlive() ? "its output is:\n" : "it has ended; its output was:\n") + now);
            }
        });
        return this;
    }

    /** Sends a signal, by its name without SIG. */
    public void signal(String signal) {
        Host.signal(signal, List.of(pid()));
    }

    /** SIGKILL, and waits for the end. */
    public void kill() {
        process.destroyForcibly();
        await();
    }

    /** SIGTERM, and SIGKILL if that takes too long. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void await() {
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                throw new LabException(name + " cannot be killed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }

    @Override
    public String toString() {
        return name + " (" + pid() + ")";
    }
}
