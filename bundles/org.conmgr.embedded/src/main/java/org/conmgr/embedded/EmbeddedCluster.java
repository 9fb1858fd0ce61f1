package org.conmgr.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A primary and its streaming standbys.
 *
 * <pre>{@code
 * try (EmbeddedCluster cluster = EmbeddedCluster.builder().standbys(2).start()) {
 *     cluster.primary().query("create table t ()");
 *     cluster.awaitReplay();
 *     cluster.primary().freeze();
 *     cluster.standbys().get(0).promote();
 * }
 * }</pre>
 *
 * <p>An instance listens on 127.0.0.1, on a port of its own that is free at start, and accepts every role without a
 * password from 127.0.0.0/8, unless the builder was told otherwise.
 */
public final class EmbeddedCluster implements AutoCloseable {
    private static final Duration QUIT_LIMIT = Duration.ofSeconds(3);

    private final WorkDirectory directory;
    private final ExecutorService launcher;
    private final List<EmbeddedInstance> instances = new CopyOnWriteArrayList<>();
    private final Thread atExit = new Thread(this::end, "conmgr-embedded-exit");

    private boolean closed;

    private EmbeddedCluster(WorkDirectory directory) {
        this.directory = directory;
        this.launcher = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "conmgr-embedded-launcher");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** What to start. */
    public static Builder builder() {
        return new Builder();
    }

    private void start(ClusterOptions options) throws IOException, SQLException {
        ServerUser user = ServerUser.find();
        user.requireReach(options.binaries().home());
        user.requireReach(directory.path());
        for (int i = 0; i <= options.standbys(); i++) {
            String name = "n" + (i + 1);
            instances.add(new EmbeddedInstance(
                    name, directory.path().resolve(name), options.placement(i), options, user, launcher));
        }
        EmbeddedInstance primary = instances.get(0);
        List<EmbeddedInstance> standbys = List.copyOf(instances.subList(1, instances.size()));
        primary.initialize();
        primary.launchAnywhere();
        primary.awaitAnywhere();
        for (Map.Entry<String, String> role : options.roles().entrySet()) {
            primary.query("create role \"" + role.getKey() + "\" login"
                    + (role.getValue().isEmpty()
                            ? ""
                            : " password '" + role.getValue().replace("'", "''") + "'"));
        }
        for (EmbeddedInstance standby : standbys) {
            standby.copy(primary);
            standby.launchAnywhere();
        }
        for (EmbeddedInstance standby : standbys) {
            standby.awaitAnywhere();
        }
        awaitReplay();
    }

    /** All instances; the order stays, the first is the one that was primary at the start. */
    public List<EmbeddedInstance> instances() {
        return List.copyOf(instances);
    }

    /** The instance that became primary last. */
    public EmbeddedInstance primary() {
        return instances.stream()
                .filter(instance -> !instance.isStandby())
                .max(Comparator.comparingLong(EmbeddedInstance::promotion))
                .orElseThrow(() -> new EmbeddedPostgresException("no instance is a primary"));
    }

    /** The instances that are standbys, in the order of {@link #instances}. */
    public List<EmbeddedInstance> standbys() {
        return instances.stream().filter(EmbeddedInstance::isStandby).toList();
    }

    /** Waits until every running standby of the primary has replayed all that the primary has written by now. */
    public void awaitReplay() {
        EmbeddedInstance primary = primary();
        standbys().stream()
                .filter(standby -> standby.follows(primary) && standby.isRunning() && !standby.isFrozen())
                .forEach(EmbeddedInstance::awaitReplay);
    }

    /** Stops every server at once and removes a temporary directory. No process is left, even by an interrupted thread. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM ends already; the hook and we do the same, once.
        }
        end();
    }

    /** Synchronized, so that the JVM's end waits for a close that is under way. */
    private synchronized void end() {
        if (closed) {
            return;
        }
        closed = true;
        // No more starts. The end of the thread that started them is what tells the servers to quit, too.
        launcher.shutdown();
        List<RuntimeException> failures = new ArrayList<>();
        instances.forEach(instance -> attempt(instance::quit, failures));
        instances.forEach(instance -> attempt(() -> instance.awaitQuit(QUIT_LIMIT), failures));
        attempt(directory::close, failures);
        if (!failures.isEmpty()) {
            RuntimeException first = failures.remove(0);
            failures.forEach(first::addSuppressed);
            throw first;
        }
    }

    /** Not cut short by an interrupt of this thread, which stays for what waits next. */
    private static void attempt(Runnable work, List<RuntimeException> failures) {
        boolean interrupted = false;
        boolean again;
        do {
            interrupted |= Thread.interrupted();
            again = false;
            try {
                work.run();
            } catch (RuntimeException e) {
                again = Thread.currentThread().isInterrupted();
                if (!again) {
                    failures.add(e);
                }
            }
        } while (again);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Settings of a cluster. Each method returns the builder itself. */
    public static final class Builder {
        private @Nullable EmbeddedBinaries binaries;
        private int standbys = 2;
        private final List<Placement> placements = new ArrayList<>();
        private @Nullable Path directory;
        private String listenAddresses = "127.0.0.1";
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, String> roles = new LinkedHashMap<>();
        private final List<String> hba = new ArrayList<>();
        private final List<Path> extension = new ArrayList<>();
        private ClusterOptions.@Nullable Tls tls;

        private Builder() {}

        /** The major version, 13 to 18; {@link EmbeddedBinaries#DEFAULT_MAJOR} unless set. */
        public Builder version(int major) {
            return binaries(EmbeddedBinaries.ofMajor(major));
        }

        /** The binaries, instead of those that {@link EmbeddedBinaries#ofMajor} finds. */
        public Builder binaries(EmbeddedBinaries value) {
            binaries = value;
            return this;
        }

        /** How many standbys, 0 or more; 2 unless set. */
        public Builder standbys(int count) {
            if (count < 0) {
                throw new IllegalArgumentException("standbys: " + count + " (expected: >= 0)");
            }
            standbys = count;
            return this;
        }

        /**
         * Where the instances run, in their order; those without a placement run beside this JVM. Instances elsewhere
         * need {@link #listenAddresses} and {@link #hba} that let this JVM and the standbys in.
         */
        public Builder placements(List<Placement> value) {
            placements.addAll(value);
            return this;
        }

        /**
         * Where to put data directories and logs, instead of a temporary directory. It must be absent, empty, or left
         * by an embedded cluster, which is then cleared; it stays after {@link EmbeddedCluster#close}. The server's
         * user must be able to enter its parents.
         */
        public Builder directory(Path value) {
            directory = value;
            return this;
        }

        /** {@code listen_addresses}; must include 127.0.0.1, as {@code *} does. */
        public Builder listenAddresses(String value) {
            listenAddresses = value;
            return this;
        }

        /** A setting for {@code postgresql.conf} of every instance. */
        public Builder setting(String key, String value) {
            settings.put(key, value);
            return this;
        }

        /** A role that may log in, without a password from 127.0.0.0/8. */
        public Builder role(String name) {
            return role(name, "");
        }

        /** A role that may log in with this password only, from anywhere that the instances listen to. */
        public Builder role(String name, String password) {
            if (!name.matches("[a-z_][a-z0-9_]*")) {
                throw new IllegalArgumentException("role: " + name + " (expected: letters a-z, digits, _)");
            }
            roles.put(name, password);
            return this;
        }

        /** A line for {@code pg_hba.conf}, tried before those for roles, after that for the superuser on loopback. */
        public Builder hba(String line) {
            hba.add(line);
            return this;
        }

        /** Turns TLS on, with a server certificate and its key in PEM files. */
        public Builder tls(Path certificate, Path key) {
            tls = new ClusterOptions.Tls(certificate, key);
            return this;
        }

        /** Control and SQL files that {@code CREATE EXTENSION} shall find in this cluster. */
        public Builder extension(Path... files) {
            extension.addAll(List.of(files));
            return this;
        }

        /** Starts the primary and its standbys; when it returns, all accept connections and the standbys stream. */
        public EmbeddedCluster start() {
            EmbeddedBinaries programs = binaries == null ? EmbeddedBinaries.ofDefault() : binaries;
            if (!extension.isEmpty()) {
                programs = programs.withExtension(extension);
            }
            ClusterOptions options = new ClusterOptions(
                    programs,
                    standbys,
                    List.copyOf(placements),
                    listenAddresses,
                    Map.copyOf(settings),
                    Map.copyOf(roles),
                    List.copyOf(hba),
                    tls);
            try {
                EmbeddedCluster cluster = new EmbeddedCluster(
                        directory == null ? WorkDirectory.temporary() : WorkDirectory.at(directory));
                Runtime.getRuntime().addShutdownHook(cluster.atExit);
                boolean started = false;
                try {
                    cluster.start(options);
                    started = true;
                    return cluster;
                } finally {
                    if (!started) {
                        cluster.close();
                    }
                }
            } catch (IOException | SQLException e) {
                throw new EmbeddedPostgresException("the cluster cannot be started: " + e.getMessage(), e);
            }
        }
    }
}
