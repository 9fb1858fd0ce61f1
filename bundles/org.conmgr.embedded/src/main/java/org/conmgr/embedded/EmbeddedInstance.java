package org.conmgr.embedded;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/** One server of an {@link EmbeddedCluster}. */
public final class EmbeddedInstance {
    /** The superuser; needs no password from 127.0.0.0/8. */
    public static final String SUPERUSER = "postgres";

    static final String DATA = "data";

    private static final String MAINTENANCE_DATABASE = "postgres";
    private static final String REPLAYED = "select pg_last_wal_replay_lsn() >= '%s'"
            + " and exists (select from pg_stat_wal_receiver where status = 'streaming')";
    private static final int START_ATTEMPTS = 10;
    private static final int LOG_TAIL = 4000;

    private final String name;
    private final Placement placement;
    private final ClusterOptions options;
    private final ServerUser user;
    private final ExecutorService launcher;
    private final DataDirectory data;
    private final Path log;
    private final ServerProcess process;

    private volatile int port;
    private volatile @Nullable EmbeddedInstance upstream;
    private volatile boolean frozen;
    private volatile long promotion;
    private volatile long pid;
    private volatile long logStart;

    EmbeddedInstance(
            String name,
            Path directory,
            Placement placement,
            ClusterOptions options,
            ServerUser user,
            ExecutorService launcher)
            throws IOException {
        this.name = name;
        this.placement = placement;
        this.options = options;
        this.user = user;
        this.launcher = launcher;
        Files.createDirectory(directory);
        user.own(directory);
        this.data = new DataDirectory(directory.resolve(DATA), user);
        this.log = directory.resolve("log");
        Files.createFile(log);
        this.process = new ServerProcess(data.path(), placement.command());
    }

    /** {@code n1} for the first instance of its cluster, {@code n2}, ... for the others. */
    public String name() {
        return name;
    }

    /** The port; it stays the same over restarts. */
    public int port() {
        return port;
    }

    /** Where its standbys reach it. */
    String peerAddress() {
        return placement.peerAddress();
    }

    /** Where a database of this instance is: {@code jdbc:postgresql://127.0.0.1:PORT/DATABASE}, unless placed elsewhere. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + placement.address() + ":" + port + "/" + database;
    }

    /** A connection of the superuser to the database postgres; the caller closes it. */
    public Connection connect() throws SQLException {
        return connect(MAINTENANCE_DATABASE, SUPERUSER, "");
    }

    /** A connection without TLS; the caller closes it. Works where {@code DriverManager} does not, as in OSGi. */
    public Connection connect(String database, String role, String password) throws SQLException {
        return connect(database, role, password, Duration.ZERO);
    }

    private Connection connect(String database, String role, String password, Duration answerLimit)
            throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", role);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", Long.toString(answerLimit.toSeconds()));
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        Connection connection = new Driver().connect(jdbcUrl(database), properties);
        if (connection == null) {
            throw new SQLException("not a URL of pgjdbc: " + jdbcUrl(database), "08001");
        }
        return connection;
    }

    /**
     * Runs one statement as superuser in the database postgres.
     *
     * @return the first column of its first row as text; null without a row
     * @throws SQLException also when the answer takes more than a minute
     */
    public @Nullable String query(String sql) throws SQLException {
        return asSuperuser(statement -> query(statement, sql));
    }

    private static @Nullable String query(Statement statement, String sql) throws SQLException {
        if (!statement.execute(sql)) {
            return null;
        }
        try (ResultSet rows = statement.getResultSet()) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** The data directory; only root and the server's user can enter. */
    public Path dataDirectory() {
        return data.path();
    }

    /** What the server has logged since it was made. */
    public String log() {
        try {
            return Files.readString(log, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new EmbeddedPostgresException(log + ": cannot be read", e);
        }
    }

    /** Whether it was made a standby and not promoted since. */
    public boolean isStandby() {
        return upstream != null;
    }

    /** Whether the postmaster lives; a frozen one does, a zombie does not. */
    public boolean isRunning() {
        return process.isRunning();
    }

    /** The process ids of the server, the postmaster first; backends that outlive their postmaster too. */
    public List<Long> pids() {
        return process.pids();
    }

    /** Makes the standby a primary and waits until it is. Its former primary and other standbys are left alone. */
    public void promote() {
        try {
            asSuperuser(statement -> {
                query(statement, "select pg_promote(false)");
                Await.until(Await.LIMIT, () -> name + ": not promoted" + tail(), () -> "f"
                        .equals(query(statement, "select pg_is_in_recovery()")));
                return null;
            });
        } catch (SQLException e) {
            throw new EmbeddedPostgresException(name + ": cannot be promoted: " + e.getMessage(), e);
        }
        promotion = System.nanoTime();
        upstream = null;
    }

    /** Makes the running standby stream from another instance of the cluster and waits until it does. */
    public void follow(EmbeddedInstance other) {
        if (!isStandby()) {
            throw new EmbeddedPostgresException(name + ": not a standby (expected: a standby, or makeStandbyOf)");
        }
        refuseLoop(other);
        try {
            upstream = other;
            data.configure(options, name, port, other);
        } catch (IOException e) {
            throw new EmbeddedPostgresException(name + ": cannot be configured", e);
        }
        ServerProcess.signal("HUP", List.of(process.pid()));
        awaitReplay();
    }

    /**
     * Makes this a standby of a running instance of the cluster, by a fresh copy of its data, and waits until it
     * streams. Whatever this instance was before, it is killed and its data are gone; its port stays.
     */
    public synchronized void makeStandbyOf(EmbeddedInstance other) {
        refuseLoop(other);
        try {
            killAll();
            data.delete();
            copy(other);
            data.configure(options, name, port, other);
            start();
            awaitReplay();
        } catch (IOException | SQLException e) {
            throw new EmbeddedPostgresException(name + ": cannot become a standby of " + other, e);
        }
    }

    private void refuseLoop(EmbeddedInstance other) {
        if (other == this || other.follows(this)) {
            throw new EmbeddedPostgresException(
                    name + ": cannot stream from " + other + " (expected: an instance that does not stream from it)");
        }
    }

    /** Starts the stopped or killed server and waits until it accepts connections. */
    public synchronized void start() {
        if (isRunning()) {
            throw new EmbeddedPostgresException(name + ": runs already");
        }
        try {
            for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
                launch();
                if (awaitReady()) {
                    return;
                }
                // Meanwhile it has become some connection's own port.
                Await.until(Await.LIMIT, () -> name + ": port " + port + " is in use", () -> isFree(port));
            }
        } catch (IOException e) {
            throw new EmbeddedPostgresException(name + ": cannot be started", e);
        }
        throw new EmbeddedPostgresException(name + ": port " + port + " is taken again and again" + tail());
    }

    /** Stops the server and waits, at most a minute, until the postmaster is gone. */
    public void stop(StopMode mode) {
        if (frozen) {
            throw new EmbeddedPostgresException(name + ": frozen (expected: thaw, or kill all of it)");
        }
        ServerProcess.signal(mode.signal(), List.of(process.pid()));
        if (!process.awaitEnd(Await.LIMIT)) {
            throw new EmbeddedPostgresException(
                    name + ": did not stop in " + Await.LIMIT.toSeconds() + " s (" + mode + ")" + tail());
        }
    }

    /** Kills the postmaster with SIGKILL and waits until it is gone; its backends notice that and end by themselves. */
    public void kill() {
        process.killPostmaster();
    }

    /** Kills the postmaster and every backend at once with SIGKILL and waits until they are gone. */
    public void killAll() {
        process.killAll();
        frozen = false;
    }

    /** Stops every process of the server by SIGSTOP and waits until none moves. The kernel still answers for them. */
    public void freeze() {
        frozen = isRunning();
        process.freeze();
    }

    /** Undoes {@link #freeze}. */
    public void thaw() {
        frozen = false;
        ServerProcess.signal("CONT", process.pids());
    }

    boolean isFrozen() {
        return frozen;
    }

    /** When it was promoted; greater is later. */
    long promotion() {
        return promotion;
    }

    /** Whether it is a standby of that instance, directly or by others. */
    boolean follows(EmbeddedInstance other) {
        EmbeddedInstance above = upstream;
        return above != null && (above == other || above.follows(other));
    }

    /** Waits until this standby streams and has replayed all that the head of its chain has written by now. */
    void awaitReplay() {
        EmbeddedInstance head = this;
        for (EmbeddedInstance above = upstream; above != null; above = above.upstream) {
            head = above;
        }
        try {
            String lsn = String.valueOf(head.query("select pg_current_wal_flush_lsn()"));
            String message = name + ": has not replayed " + lsn + " of " + head;
            asSuperuser(statement -> {
                Await.until(Await.LIMIT, () -> message + tail(), () -> "t"
                        .equals(query(statement, REPLAYED.formatted(lsn))));
                return null;
            });
        } catch (SQLException e) {
            throw new EmbeddedPostgresException(name + ": cannot be seen streaming: " + e.getMessage(), e);
        }
    }

    void initialize() throws IOException {
        data.init(options.binaries());
    }

    void copy(EmbeddedInstance other) throws IOException, SQLException {
        BaseBackup.copy(other, data);
        data.markStandby();
        upstream = other;
    }

    /** Starts the server on a free port, without waiting. */
    void launchAnywhere() throws IOException {
        // Whoever takes the port between here and the server's bind makes the server give up, see awaitReady.
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        data.configure(options, name, port, upstream);
        launch();
    }

    /** Waits until the server that {@link #launchAnywhere} started accepts connections, elsewhere if need be. */
    void awaitAnywhere() throws IOException {
        for (int attempt = 1; !awaitReady(); attempt++) {
            if (attempt == START_ATTEMPTS) {
                throw new EmbeddedPostgresException(name + ": no free port" + tail());
            }
            launchAnywhere();
        }
    }

    /** Asks for an immediate shutdown, without waiting. */
    void quit() {
        if (isRunning()) {
            ServerProcess.signal("QUIT", List.of(process.pid()));
        }
        if (frozen) {
            thaw();
        }
    }

    /** Waits for the shutdown, kills what does not follow, clears what the kernel keeps for it. */
    void awaitQuit(Duration limit) {
        process.awaitEnd(limit);
        killAll();
        try {
            data.clearDeadServer();
        } catch (IOException e) {
            throw new EmbeddedPostgresException(name + ": cannot be cleared", e);
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port)) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private interface Work {
        @Nullable
        String with(Statement statement) throws SQLException;
    }

    private @Nullable String asSuperuser(Work work) throws SQLException {
        try (Connection connection = connect(MAINTENANCE_DATABASE, SUPERUSER, "", Await.LIMIT);
                Statement statement = connection.createStatement()) {
            return work.with(statement);
        }
    }

    private void launch() throws IOException {
        killAll(); // the backends that a killed postmaster has left behind
        data.clearDeadServer();
        logStart = Files.size(log);
        pid = process.launch(user, options.binaries(), log, launcher);
    }

    /** Whether the server accepts connections; false when its port was taken; throws when it gave up or takes too long. */
    private boolean awaitReady() {
        Await.until(Await.LIMIT, () -> name + ": not ready" + tail(), () -> !process.isRunning() || data.isReady(pid));
        if (logSinceStart().contains("Address already in use")) {
            process.killAll();
            return false;
        }
        if (!process.isRunning()) {
            throw new EmbeddedPostgresException(name + ": ended at start" + tail());
        }
        return true;
    }

    private String logSinceStart() {
        String text = log();
        return text.substring((int) Math.min(logStart, text.length()));
    }

    private String tail() {
        String text = logSinceStart();
        return "; its log ends:\n" + text.substring(Math.max(0, text.length() - LOG_TAIL));
    }

    @Override
    public String toString() {
        return name + " at port " + port;
    }
}
