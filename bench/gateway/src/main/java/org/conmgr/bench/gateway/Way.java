package org.conmgr.bench.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A way to the instance: a port, and the processes between, which end with it.
 *
 * @param name short
 * @param port on 127.0.0.1
 * @param processes the one whose CPU counts first; empty for none
 */
record Way(String name, int port, List<Process> processes) {
    private static final long START_SECONDS = 30;
    private static final double TICKS_A_SECOND = 100;

    static Way direct(int instance) {
        return new Way("direct", instance, List.of());
    }

    static Way haproxy(int instance, Path work) throws IOException {
        int port = freePort();
        Path file = work.resolve("haproxy.cfg");
        Files.writeString(file, """
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 1h
                  timeout server 1h
                listen postgres
                  bind 127.0.0.1:%d
                  server one 127.0.0.1:%d
                """.formatted(port, instance));
        return started(new Way("haproxy", port, List.of(start(work, "haproxy", "-db", "-f", file.toString()))));
    }

    /** PgBouncer will not run as root. */
    static Way pgbouncer(int instance, Path work) throws IOException {
        int port = freePort();
        Path users = work.resolve("users.txt");
        Files.writeString(users, "\"postgres\" \"\"\n");
        Path file = work.resolve("pgbouncer.ini");
        Files.writeString(file, """
                [databases]
                * = host=127.0.0.1 port=%d
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = trust
                auth_file = %s
                pool_mode = session
                default_pool_size = 100
                max_client_conn = 1000
                """.formatted(instance, port, users));
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
        return started(new Way(
                "pgbouncer",
                port,
                List.of(start(
                        work, "setpriv", "--reuid", "nobody", "--clear-groups", "pgbouncer", "-q", file.toString()))));
    }

    /** The distribution as a user starts it: a conmgr, and the watchdog that it needs to know the instance. */
    static Way gateway(String name, int instance, Path work, String javaOptions) throws IOException {
        int port = freePort();
        int watchdogPort = freePort();
        String directory = name.replace(' ', '-');
        Path watchdog = work.resolve(directory + "-watchdog");
        Files.createDirectories(watchdog.resolve("etc"));
        Files.writeString(watchdog.resolve("etc/org.conmgr.watchdog-main.cfg"), """
                port = %d
                url = jdbc:postgresql://127.0.0.1:%d/postgres
                user = postgres
                """.formatted(watchdogPort, instance));
        Path conmgr = work.resolve(directory + "-conmgr");
        Files.createDirectories(conmgr.resolve("etc"));
        Files.writeString(conmgr.resolve("etc/org.conmgr.listener.cfg"), "port = " + port + "\n");
        Files.writeString(conmgr.resolve("etc/org.conmgr.instance-0.cfg"), """
                backend_host = 127.0.0.1
                backend_port = %d
                watchdog_port = %d
                """.formatted(instance, watchdogPort));
        Path launcher = Path.of("karaf-assembly/target/assembly/bin/conmgr").toAbsolutePath();
        Process own = start(work, "env", "JAVA_OPTS=" + javaOptions, launcher.toString(), "-D", conmgr.toString());
        Process other = start(work, launcher.toString(), "-D", watchdog.toString());
        Way way = started(new Way(name, port, List.of(own, other)));
        await("a session through the gateway", () -> Load.reaches(port));
        return way;
    }

    private static Way started(Way way) {
        await(way.name + " listens", () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), way.port)) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
        return way;
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("not within " + START_SECONDS + " s: " + what);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private static Process start(Path work, String... command) throws IOException {
        List<String> pinned = new ArrayList<>();
        String cpus = System.getProperty("proxy.cpus", "");
        if (!cpus.isEmpty()) {
            pinned.addAll(List.of("taskset", "-c", cpus));
        }
        pinned.addAll(List.of(command));
        Path log = Files.createTempFile(work, "process", ".log");
        Process process = new ProcessBuilder(pinned)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Seconds of CPU so far, user and system; 0 for the direct way. */
    double cpu() {
        if (processes.isEmpty()) {
            return 0;
        }
        try {
            String stat = Files.readString(Path.of("/proc/" + processes.get(0).pid() + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_A_SECOND;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the processes; waits for them. */
    void close() throws InterruptedException {
        for (Process process : processes) {
            process.destroy();
            if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
