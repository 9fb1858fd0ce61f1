package org.conmgr.testkit.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.conmgr.testkit.Await;

/** A host of a {@link Lab}: a network namespace with two interfaces, and the processes started in it. */
public final class Host {
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(10);

    private final String name;
    private final String namespace;
    private final String address;
    private final String management;
    private final Path directory;
    private final long inode;

    Host(String name, String namespace, String address, String management, Path directory) {
        this.name = name;
        this.namespace = namespace;
        this.address = address;
        this.management = management;
        this.directory = directory;
        try {
            inode = (Long) Files.getAttribute(Path.of("/run/netns", namespace), "unix:ino");
        } catch (IOException e) {
            throw new LabException(namespace + ": " + e.getMessage(), e);
        }
    }

    public String name() {
        return name;
    }

    /** Where the other hosts reach it. */
    public String address() {
        return address;
    }

    /** Where the test reaches it, whatever is cut. */
    public String management() {
        return management;
    }

    /** What to put before a command line to have it run on this host. */
    public List<String> prefix() {
        return List.of("nsenter", "--net=/run/netns/" + namespace);
    }

    /** Starts a program on this host; its directory, standard input and output are set here. */
    public HostProcess start(String title, List<String> command) {
        return start(title, new ProcessBuilder(command));
    }

    /** Starts a program on this host; the builder's command, environment and directory are taken. */
    public HostProcess start(String title, ProcessBuilder builder) {
        try {
            Path output = Files.createTempFile(directory, name + "-" + title + "-", ".out");
            builder.command(joined(prefix(), builder.command()));
            builder.redirectErrorStream(true).redirectOutput(output.toFile());
            return new HostProcess(title + " on " + name, builder.start(), output);
        } catch (IOException e) {
            throw new LabException(title + " cannot be started on " + name + ": " + e.getMessage(), e);
        }
    }

    /** Starts a Java program of this JVM's class path on this host, in a small JVM. */
    public HostProcess java(Class<?> program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(Arrays.asList(arguments));
        return start(program.getSimpleName(), command);
    }

    /** Runs a shell command on this host to its end and returns its output. */
    public String run(String command) {
        try (NamespaceShell shell = new NamespaceShell(prefix())) {
            return shell.run(command);
        }
    }

    /** The processes that run on this host. */
    public List<Long> pids() {
        String own = "net:[" + inode + "]";
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (own.equals(namespaceOf(process))) {
                    found.add(Long.valueOf(String.valueOf(process.getFileName())));
                }
            }
        } catch (IOException e) {
            throw new LabException("/proc: " + e.getMessage(), e);
        }
        return found;
    }

    private static String namespaceOf(Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("ns/net")).toString();
        } catch (IOException e) {
            return ""; // It has ended meanwhile.
        }
    }

    /** Stops every process by SIGSTOP, and returns when none moves. The kernel still answers for them. */
    void freeze() {
        Await.until("every process on " + name + " stands still", SIGNAL_LIMIT, () -> {
            List<Long> moving =
                    pids().stream().filter(pid -> !"TtZX".contains(state(pid))).toList();
            signal("STOP", moving);
            return moving.isEmpty();
        });
    }

    void thaw() {
        signal("CONT", pids());
    }

    /** Kills every process by SIGKILL, and returns when none is left. */
    void killAll() {
        Await.until("every process on " + name + " is killed", SIGNAL_LIMIT, () -> {
            List<Long> left =
                    pids().stream().filter(pid -> !"ZX".contains(state(pid))).toList();
            signal("KILL", left);
            return left.isEmpty();
        });
    }

    private static String state(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            int at = stat.lastIndexOf(')') + 2;
            return stat.substring(at, at + 1);
        } catch (IOException e) {
            return "X"; // It has ended.
        }
    }

    /** Sends a signal to all processes at once; one that is gone is no error. */
    static void signal(String signal, Collection<Long> pids) {
        if (pids.isEmpty()) {
            return;
        }
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "kill -s " + signal + " \"$@\" 2>/dev/null || :", "sh"));
        pids.forEach(pid -> command.add(pid.toString()));
        try {
            new ProcessBuilder(command).start().waitFor();
        } catch (IOException e) {
            throw new LabException("SIG" + signal + " cannot be sent: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }

    static List<String> joined(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }

    @Override
    public String toString() {
        return name;
    }
}
