package org.conmgr.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.lab.Host;
import org.jspecify.annotations.Nullable;

/**
 * One process of the distribution, started by its launcher over a conmgr directory of its own: a conmgr, a watchdog or
 * both, by what it is configured as. Several share one unpacked distribution.
 */
final class Node implements AutoCloseable {
    private static final String CONF = "conmgr.conf";
    private static final String CLOCK = "clock";
    private static final Duration BOOT = Duration.ofSeconds(60);

    private final String name;
    private final Path directory;
    private final Process process;

    private Node(String name, Path directory, Process process) {
        this.name = name;
        this.directory = directory;
        this.process = process;
    }

    /** Configurations by PID, to start a node with. */
    static final class Settings {
        private final Map<String, Map<String, String>> pids = new LinkedHashMap<>();
        private @Nullable String conf;
        private @Nullable Path faketime;

        /** A conmgr.conf. */
        Settings conf(String text) {
            conf = text;
            return this;
        }

        /** Gives the process a clock on the wall of its own, by libfaketime: {@link #setClock}. */
        Settings clock(Path library) {
            faketime = library;
            return this;
        }

        Settings with(String pid, String key, Object value) {
            pids.computeIfAbsent(pid, none -> new LinkedHashMap<>()).put(key, String.valueOf(value));
            return this;
        }

        Settings with(Settings more) {
            faketime = more.faketime == null ? faketime : more.faketime;
            more.pids.forEach((pid, values) -> values.forEach((key, value) -> with(pid, key, value)));
            return this;
        }
    }

    /** Starts the process and returns at once. */
    static Node start(String name, Settings settings) {
        return start(name, settings, List.of(), List.of());
    }

    /** The same with Karaf's shell on its standard input, for {@link #command}. */
    static Node startWithShell(String name, Settings settings) {
        return start(name, settings, List.of(), List.of("--shell")).awaitOutput("@root()>");
    }

    /** Starts the process on a host of the lab and returns at once. */
    static Node start(String name, Settings settings, Host host) {
        // A session of its own, as a service has it: with sched_autogroup, Linux shares the cores out among sessions.
        List<String> prefix = new ArrayList<>(host.prefix());
        prefix.add("setsid");
        return start(name + "-" + host.name(), settings, prefix, List.of());
    }

    private static Node start(String name, Settings settings, List<String> prefix, List<String> options) {
        try {
            Path work = Files.createDirectories(Path.of(System.getProperty("work.directory")));
            Path directory = Files.createTempDirectory(work, name + "-");
            settings = settings.with("org.conmgr.log", "log_min_messages", "DEBUG");
            for (Map.Entry<String, Map<String, String>> pid : settings.pids.entrySet()) {
                EtcFile.write(directory, pid.getKey(), pid.getValue());
            }
            if (settings.conf != null) {
                Files.writeString(directory.resolve(CONF), settings.conf);
            }
            List<String> command = new ArrayList<>(prefix);
            command.add(Distribution.unpacked().resolve("bin/conmgr").toString());
            command.addAll(List.of("-D", directory.toString()));
            command.addAll(options);
            ProcessBuilder builder = new ProcessBuilder(command);
            Map<String, String> environment = builder.environment();
            environment.put("JAVA_HOME", System.getProperty("java.home"));
            if (settings.faketime != null) {
                Files.writeString(directory.resolve(CLOCK), "+0");
                environment.put("LD_PRELOAD", settings.faketime.toString());
                // The launcher goes to its directory before it becomes the JVM.
                environment.put("FAKETIME_TIMESTAMP_FILE", CLOCK);
                environment.put("FAKETIME_CACHE_DURATION", "1");
                environment.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
                // It takes timed waits for waits by the clock on the wall, and has them spin.
                environment.put("FAKETIME_FORCE_MONOTONIC_FIX", "0");
            }
            if (options.isEmpty()) {
                builder.redirectInput(
                        ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            }
            builder.redirectErrorStream(true);
            builder.redirectOutput(directory.resolve("output").toFile());
            Node node = new Node(name, directory, builder.start());
            Runtime.getRuntime().addShutdownHook(new Thread(node.process::destroyForcibly));
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Types a line into its shell. */
    void command(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its conmgr directory. */
    Path directory() {
        return directory;
    }

    /** Writes {@code etc/PID.cfg} whole, while the process runs. */
    void configure(String pid, Map<String, String> values) {
        try {
            EtcFile.write(directory, pid, values);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes its conmgr.conf whole, while the process runs. */
    void conf(String text) {
        replace(CONF, text);
    }

    /** Sets the clock on its wall, within a second, to so much before or behind the machine's. */
    void setClock(Duration offset) {
        replace(CLOCK, String.format(Locale.ROOT, "%+.3f", offset.toMillis() / 1000.0));
    }

    private void replace(String file, String text) {
        try {
            Path unfinished = Files.writeString(directory.resolve(file + ".new"), text);
            Files.move(unfinished, directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has written to standard output and error, where the stderr sink writes too. */
    String output() {
        try {
            return Files.readString(directory.resolve("output"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a text is in its output. */
    Node awaitOutput(String text) {
        Await.passes(name + " says: " + text, BOOT, () -> {
            String output = output();
            if (!output.contains(text)) {
                throw new AssertionError("its output is:\n" + output + "\n" + karafLog());
            }
        });
        return this;
    }

    private String karafLog() {
        try {
            Path log = directory.resolve("data/log/karaf.log");
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGSTOP. */
    void freeze() {
        signal("STOP");
    }

    /** SIGCONT. */
    void thaw() {
        signal("CONT");
    }

    private void signal(String signal) {
        try {
            int status = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new AssertionError("kill -" + signal + " of " + name + ": status " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    /** SIGTERM, then SIGKILL if that takes too long. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
