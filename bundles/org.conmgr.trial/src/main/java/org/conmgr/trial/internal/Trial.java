package org.conmgr.trial.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.embedded.EmbeddedInstance;
import org.jspecify.annotations.Nullable;

/**
 * The story, on a thread of its own. Every wait is for something that must happen, with a deadline; a story that goes
 * wrong ends with what it waited for and exit status 1. Without a terminal the process ends with the story.
 */
final class Trial implements AutoCloseable {
    private static final String OTHER_CLIENT = "127.0.0.9";
    private static final long DEADLINE_SECONDS = 60;

    private final Narrator narrator;
    private final RegistryView registry;
    private final Path home;
    private final Path base;
    private final int port;
    private final boolean terminal;
    private final Thread thread = new Thread(this::run, "trial");

    private @Nullable TrialSite site;
    private @Nullable Process otherConmgr;

    Trial(Narrator narrator, RegistryView registry, Path home, Path base, int port, boolean terminal) {
        this.narrator = narrator;
        this.registry = registry;
        this.home = home;
        this.base = base;
        this.port = port;
        this.terminal = terminal;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            TrialSite servers = startServers();
            tell(servers);
            closing(servers);
            if (!terminal) {
                end(0);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Ctrl-C in the middle of the story.
        } catch (IOException | SQLException | RuntimeException e) {
            narrator.step("the trial failed: " + e);
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                narrator.plain("  because of " + cause);
            }
            end(1);
        }
    }

    /** The process's shutdown hooks stop Karaf, and with it this component, which waits for no more than this. */
    private void end(int status) {
        narrator.end();
        Thread exit = new Thread(() -> System.exit(status), "trial-exit");
        exit.start();
    }

    private TrialSite startServers() throws IOException, InterruptedException {
        narrator.step("starting a PostgreSQL primary with two streaming standbys");
        TrialSite servers = TrialSite.start();
        synchronized (this) {
            site = servers;
        }
        for (EmbeddedInstance instance : servers.cluster().instances()) {
            narrator.step("instance " + servers.numberOf(instance) + ": "
                    + (instance.equals(servers.cluster().primary()) ? "primary" : "standby") + ", port "
                    + instance.port());
        }
        List<String> written = servers.configure(base.resolve("etc"));
        narrator.step("configuration written: etc/{" + String.join(",", written) + "}.cfg");
        until(
                "a link to every instance",
                () -> registry.instances().size() == 3
                        && registry.instances().stream().allMatch(status -> status.link() == LinkState.UP));
        return servers;
    }

    private void tell(TrialSite servers) throws IOException, SQLException, InterruptedException {
        Application application = new Application(port, "127.0.0.1");
        until("conmgr listens", () -> reaches(application, "any"));
        narrator.step("an application connects through jdbc:conmgr://127.0.0.1:" + port
                + "/postgres, knowing only that address:");
        for (String target : List.of("primary", "secondary", "secondary", "any")) {
            try (Connection connection = application.connect(target)) {
                narrator.application("targetServerType=" + target + " led to " + where(servers, connection));
            }
        }
        try (Connection connection = application.connect("primary");
                Statement statement = connection.createStatement()) {
            statement.execute("create table trial (number bigint)");
        }
        long written = freeze(servers, application);
        otherClient(servers, application);
        narrator.step(written + " rows were written, none that was acknowledged is missing");
    }

    /** The primary's host stands still: nothing is closed, nothing is refused, nothing answers. */
    private long freeze(TrialSite servers, Application application)
            throws IOException, SQLException, InterruptedException {
        EmbeddedInstance old = servers.cluster().primary();
        EmbeddedInstance next = servers.cluster().standbys().get(0);
        long number = 0;
        CompletableFuture<SQLException> failure;
        Connection writer = application.connect("primary");
        Connection blocked = application.connect("primary");
        try (writer;
                blocked;
                Connection reader = application.connect("secondary")) {
            for (int i = 0; i < 50; i++) {
                Application.write(writer, ++number);
            }
            long last = number;
            until("the standby has the rows", () -> Application.read(reader) == last);
            narrator.application("wrote 50 rows on " + where(servers, writer) + ", read them on "
                    + where(servers, reader) + ", now waits in select pg_sleep(600)");
            failure = Application.block(blocked);
            servers.cluster().awaitReplay();

            narrator.step("FREEZE: every process of instance " + servers.numberOf(old)
                    + " is stopped; TCP, keepalives and all, sees nothing wrong");
            long frozen = System.nanoTime();
            old.freeze();
            SQLException e = failure(failure);
            narrator.application("the blocked query failed after " + millis(frozen) + " ms, " + Application.text(e));
            try {
                Application.write(writer, number + 1);
                throw new IllegalStateException("a write went to a frozen instance");
            } catch (SQLException expected) {
                narrator.application("the idle connection is closed as well");
            }
            narrator.step("PROMOTE instance " + servers.numberOf(next));
            next.promote();
            long promoted = System.nanoTime();
            until("the new primary is known", () -> reaches(application, "primary"));
            try (Connection again = application.connect("primary")) {
                Application.write(again, ++number);
                narrator.application("first write on " + where(servers, again) + ", " + millis(promoted)
                        + " ms after the promotion, " + millis(frozen) + " ms after the freeze");
                long acknowledged = number;
                if (Application.read(again) != acknowledged) {
                    throw new IllegalStateException("acknowledged rows are missing on the new primary");
                }
            }
        }
        comeBack(servers, application, old, next);
        return number;
    }

    private void comeBack(TrialSite servers, Application application, EmbeddedInstance old, EmbeddedInstance next)
            throws SQLException, InterruptedException {
        narrator.step("THAW: instance " + servers.numberOf(old) + " wakes up and still believes to be the primary");
        old.thaw();
        int number = servers.numberOf(old);
        until("its link is up again", () -> registry.instances().get(number).link() == LinkState.UP);
        for (int i = 0; i < 5; i++) {
            try (Connection connection = application.connect("primary")) {
                if (Application.portOf(connection) != next.port()) {
                    throw new IllegalStateException("a write would have gone to the old primary");
                }
            }
        }
        narrator.application("five connections to the primary: all on instance " + servers.numberOf(next));
        narrator.step("instance " + number + " is built anew as a standby of instance " + servers.numberOf(next));
        old.makeStandbyOf(next);
        for (EmbeddedInstance other : servers.cluster().standbys()) {
            if (!other.equals(old)) {
                other.follow(next);
            }
        }
        until("it is offered as a standby", () -> {
            try (Connection one = application.connect("secondary");
                    Connection two = application.connect("secondary")) {
                return Application.portOf(one) == old.port() || Application.portOf(two) == old.port();
            }
        });
    }

    /** A client host that dies with a lock in its hands. */
    private void otherClient(TrialSite servers, Application application)
            throws IOException, SQLException, InterruptedException {
        Path directory = Files.createDirectories(base.resolve("other-client"));
        int otherPort = TrialSite.freePort();
        servers.configureClient(directory.resolve("etc"), otherPort, OTHER_CLIENT);
        narrator.step("another client host, " + OTHER_CLIENT + ", starts a conmgr of its own");
        ProcessBuilder builder = new ProcessBuilder(home.resolve("bin/conmgr").toString(), "-D", directory.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("JAVA_OPTS");
        builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile());
        Process conmgr = builder.start();
        synchronized (this) {
            otherConmgr = conmgr;
        }
        Application other = new Application(otherPort, OTHER_CLIENT);
        until("it knows the primary", () -> reaches(other, "primary"));
        EmbeddedInstance primary = servers.cluster().primary();
        // A plain connection, as a client host that is gone leaves it: nobody closes it at that end.
        try (Connection holder = Application.connectPlainly(primary.port(), OTHER_CLIENT)) {
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                statement.execute("lock table trial in access exclusive mode");
            }
            narrator.step("a session of its holds a lock on the table; KILL -9 of that conmgr");
            long killed = System.nanoTime();
            conmgr.destroyForcibly();
            until("its backends are gone", () -> "0"
                    .equals(primary.query(
                            "select count(*) from pg_stat_activity where client_addr = '" + OTHER_CLIENT + "'")));
            narrator.step("its backends were ended " + millis(killed) + " ms later");
        }
        try (Connection connection = application.connect("primary")) {
            narrator.application("the lock is free, " + Application.read(connection) + " is the last row");
        }
    }

    private void closing(TrialSite servers) {
        narrator.plain("");
        narrator.plain("All is left running. To copy:");
        narrator.plain("  JDBC  jdbc:conmgr://localhost:" + port
                + "/postgres?user=postgres&targetServerType=primary   (or secondary, any, ...)");
        for (EmbeddedInstance instance : servers.cluster().instances()) {
            narrator.plain("  psql  psql -h 127.0.0.1 -p " + instance.port() + " -U postgres postgres   (instance "
                    + servers.numberOf(instance) + ")");
        }
        narrator.plain("  psql  psql -h 127.0.0.1 -p " + port + " conmgr -c 'show instances'   (conmgr itself)");
        narrator.plain("  etc/  " + base.resolve("etc"));
        if (terminal) {
            narrator.plain(
                    "Press Enter for the Karaf shell (conmgr:status, watchdog:links, help); Ctrl-D ends everything.");
        }
    }

    private static boolean reaches(Application application, String target) {
        try (Connection connection = application.connect(target)) {
            return connection.isValid(5);
        } catch (SQLException e) {
            return false; // Not yet; the caller has a deadline.
        }
    }

    private static String where(TrialSite servers, Connection connection) throws SQLException {
        int port = Application.portOf(connection);
        for (EmbeddedInstance instance : servers.cluster().instances()) {
            if (instance.port() == port) {
                return "instance " + servers.numberOf(instance);
            }
        }
        throw new IllegalStateException("no instance has port " + port);
    }

    private static SQLException failure(CompletableFuture<SQLException> blocked) throws InterruptedException {
        try {
            return blocked.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the blocked query did not fail", e);
        }
    }

    private static void until(String what, Callable<Boolean> condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("while waiting for: " + what, e);
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not within " + DEADLINE_SECONDS + " s: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            if (Thread.interrupted()) {
                throw new InterruptedException(what);
            }
        }
    }

    private static long millis(long since) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
    }

    @Override
    public void close() {
        thread.interrupt();
        TrialSite servers;
        Process other;
        synchronized (this) {
            servers = site;
            other = otherConmgr;
        }
        if (other != null) {
            other.destroyForcibly();
        }
        if (servers != null) {
            servers.close();
        }
    }
}
