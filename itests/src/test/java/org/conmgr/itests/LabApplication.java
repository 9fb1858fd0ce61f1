package org.conmgr.itests;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;
import org.postgresql.core.BaseConnection;

/**
 * An application as a process of its own, for {@link LabSite}. It is told {@code open N} on its standard input, opens a
 * session of each {@link Kind} by conmgr and answers {@code opened N}; for each session it tells when it ends:
 * {@code ended N KIND NANOS SQLSTATE MESSAGE}, by the clock that all processes of a machine share.
 */
public final class LabApplication {
    /** What a session does when it is cut. */
    enum Kind {
        /** Blocked in a read, for the answer of a query. */
        BUSY,
        /** Waits for a notification: nothing is on its way. */
        IDLE,
        /** One of a pool, used for short queries one after the other. */
        POOLED,
        /** In a transaction that holds a lock. */
        TRANSACTION,
        /** In a COPY from the server. */
        COPY,
        /** As {@link #BUSY}, through the gateway. */
        GATEWAY_BUSY,
        /** As {@link #IDLE}, through the gateway. */
        GATEWAY_IDLE;

        /** Whether its client is PostgreSQL's own driver, which knows nothing of conmgr. */
        boolean relayed() {
            return this == GATEWAY_BUSY || this == GATEWAY_IDLE;
        }

        /** Those of an application, with the gateway's or without. */
        static List<Kind> all(boolean gateway) {
            return Arrays.stream(values())
                    .filter(kind -> gateway || !kind.relayed())
                    .toList();
        }
    }

    private static final long OPEN_SECONDS = 60;

    private final String url;
    private final int number;

    /** Empty: not used. */
    private final String gateway;

    private LabApplication(String url, int number, String gateway) {
        this.url = url;
        this.number = number;
        this.gateway = gateway;
    }

    /** Arguments: URL, number of the client, and optionally the URL of the gateway, to have sessions through it too. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "off");
        LabApplication application = new LabApplication(
                arguments[0], Integer.parseInt(arguments[1]), arguments.length > 2 ? arguments[2] : "");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            application.open(order.substring("open ".length()));
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private void open(String round) throws InterruptedException {
        List<Kind> kinds = Kind.all(!gateway.isEmpty());
        CountDownLatch opened = new CountDownLatch(kinds.size());
        for (Kind kind : kinds) {
            Thread thread = new Thread(() -> live(round, kind, opened), kind.name());
            thread.setDaemon(true);
            thread.start();
        }
        opened.await();
        say("opened " + round);
    }

    private void live(String round, Kind kind, CountDownLatch opened) {
        if (kind == Kind.POOLED) {
            try (HikariDataSource pool = pool()) {
                ended(round, kind, failureOf(() -> borrow(pool, opened)));
            }
            return;
        }
        try (Connection connection = connect(kind.relayed() ? gateway : url)) {
            ended(round, kind, failureOf(() -> use(connection, kind, opened)));
        } catch (SQLException e) {
            ended(round, kind, e);
        }
    }

    private interface Work {
        void toItsEnd() throws SQLException;
    }

    private static SQLException failureOf(Work work) {
        try {
            work.toItsEnd();
            return new SQLException("its work came to an end", "none");
        } catch (SQLException e) {
            return e;
        }
    }

    private static void ended(String round, Kind kind, SQLException e) {
        long now = System.nanoTime();
        say("ended " + round + " " + kind.name().toLowerCase(Locale.ROOT) + " " + now + " " + e.getSQLState() + " "
                + String.valueOf(e.getMessage()).replace('\n', ' '));
    }

    /** Tries until it can. */
    private static Connection connect(String url) throws SQLException {
        long start = System.nanoTime();
        while (true) {
            try {
                return DriverManager.getConnection(url);
            } catch (SQLException e) {
                if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(OPEN_SECONDS)) {
                    throw e;
                }
                LabSite.pause(java.time.Duration.ofMillis(50));
            }
        }
    }

    private void use(Connection connection, Kind kind, CountDownLatch opened) throws SQLException {
        // Ends with its connection: the failure is told before anything is closed.
        Statement statement = connection.createStatement();
        switch (kind) {
            case BUSY, GATEWAY_BUSY -> {
                statement.execute("select 1");
                opened.countDown();
                statement.execute("select pg_sleep(600)");
            }
            case IDLE, GATEWAY_IDLE -> {
                statement.execute("listen nothing");
                opened.countDown();
                while (true) {
                    connection.unwrap(PGConnection.class).getNotifications(0);
                }
            }
            case TRANSACTION -> {
                connection.setAutoCommit(false);
                statement.execute("select pg_advisory_xact_lock(" + number + ")");
                opened.countDown();
                while (true) {
                    statement.execute("select pg_sleep(0.05)");
                }
            }
            case COPY -> {
                CopyManager copies = new CopyManager(connection.unwrap(BaseConnection.class));
                CopyOut rows = copies.copyOut(
                        "copy (select repeat('x', 500), pg_sleep(0.02)" + " from generate_series(1, 30000)) to stdout");
                opened.countDown();
                byte[] row = rows.readFromCopy();
                while (row != null) {
                    row = rows.readFromCopy();
                }
            }
            case POOLED -> throw new IllegalArgumentException("a pool makes its own");
        }
    }

    private HikariDataSource pool() {
        HikariConfig settings = new HikariConfig();
        settings.setJdbcUrl(url);
        settings.setMaximumPoolSize(2);
        settings.setConnectionTimeout(TimeUnit.SECONDS.toMillis(OPEN_SECONDS));
        settings.setInitializationFailTimeout(-1);
        return new HikariDataSource(settings);
    }

    private static void borrow(HikariDataSource pool, CountDownLatch opened) throws SQLException {
        boolean first = true;
        while (true) {
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("select pg_sleep(0.05)");
                if (first) {
                    opened.countDown();
                    first = false;
                }
            }
        }
    }
}
