package org.conmgr.trial.internal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.jdbc.ConmgrDriver;
import org.postgresql.Driver;

/** A plain application of {@code jdbc:conmgr:}: it knows one address, that of the conmgr on its own host. */
final class Application {
    private static final ConmgrDriver DRIVER = new ConmgrDriver();

    private final String url;
    private final String address;

    /**
     * @param port of its conmgr
     * @param address the address of the client host it plays
     */
    Application(int port, String address) {
        url = "jdbc:conmgr://127.0.0.1:" + port + "/postgres";
        this.address = address;
    }

    Connection connect(String targetServerType) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", EmbeddedInstance.SUPERUSER);
        properties.setProperty("targetServerType", targetServerType);
        properties.setProperty("localSocketAddress", address);
        properties.setProperty("ApplicationName", "trial");
        Connection connection = DRIVER.connect(url, properties);
        if (connection == null) {
            throw new SQLException(url + " is not understood", "08001");
        }
        return connection;
    }

    /** Without conmgr, straight to an instance. */
    static Connection connectPlainly(int port, String address) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", EmbeddedInstance.SUPERUSER);
        properties.setProperty("localSocketAddress", address);
        Connection connection = new Driver().connect("jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties);
        if (connection == null) {
            throw new SQLException("the driver does not understand its own URL", "08001");
        }
        return connection;
    }

    /** The port of the instance a connection leads to. */
    static int portOf(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select inet_server_port()")) {
            row.next();
            return row.getInt(1);
        }
    }

    static void write(Connection connection, long number) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("insert into trial values (?)")) {
            statement.setLong(1, number);
            statement.executeUpdate();
        }
    }

    static long read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select coalesce(max(number), 0) from trial")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** A query that lasts for ever, on a thread of its own; completes with its failure. */
    static CompletableFuture<SQLException> block(Connection connection) throws SQLException {
        Statement statement = connection.createStatement();
        CompletableFuture<SQLException> failure = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        statement.execute("select pg_sleep(600)");
                        failure.completeExceptionally(new IllegalStateException("pg_sleep(600) came to its end"));
                    } catch (SQLException e) {
                        failure.complete(e);
                    }
                },
                "trial-blocked");
        thread.setDaemon(true);
        thread.start();
        return failure;
    }

    static String text(SQLException e) {
        return String.format(Locale.ROOT, "SQLSTATE %s: %s", e.getSQLState(), e.getMessage());
    }
}
