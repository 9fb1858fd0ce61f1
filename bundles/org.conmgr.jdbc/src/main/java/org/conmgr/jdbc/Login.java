package org.conmgr.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/** Logs in at an instance with pgjdbc, which gets every parameter of the application, and verifies what it is. */
final class Login {
    /** What pgjdbc's own timer gets on top, so that the watcher, which knows more, tells first. */
    private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final String database;
    private final Settings settings;
    private final Properties properties;

    /** The instance is alive, but not of the kind that was asked for. */
    static final class OtherKind extends SQLException {
        private static final long serialVersionUID = 1L;

        OtherKind(String text, @Nullable SQLException cause) {
            super(text, PSQLState.CONNECTION_UNABLE_TO_CONNECT.getState(), cause);
        }
    }

    /**
     * @param database percent-encoded
     * @param properties the application's and the URL's, which {@code settings} was read from
     */
    Login(String database, Settings settings, Properties properties) {
        this.settings = settings;
        this.database = database;
        this.properties = properties;
    }

    /**
     * Logs in.
     *
     * @param timed whether the connect has a {@code loginTimeout}: then pgjdbc's own timer runs too, for what no
     *     closed socket ends (a key distribution centre that does not answer)
     * @throws OtherKind the instance is up, but not what the target says
     * @throws SQLException what pgjdbc says
     */
    Connection at(Session session, Target target, Deadline limit, boolean timed) throws SQLException {
        // Not PGHOST and PGPORT among the properties: the connection's metadata tell this URL.
        String url = "jdbc:postgresql://" + session.instance() + "/" + database;
        if (!leadsTo(session.instance(), url)) {
            throw new PSQLException(
                    "pgjdbc does not take " + session.instance(), PSQLState.CONNECTION_UNABLE_TO_CONNECT);
        }
        String ticket = RoutedSocketFactory.ticket(session, settings, limit);
        Connection connection;
        try {
            connection = PostgresDriver.connect(url, forPostgres(ticket, target, timed ? limit : Deadline.NEVER));
        } catch (SQLException e) {
            if (foundOtherKind(e, target)) {
                throw new OtherKind("it is not " + target.word(), e);
            }
            throw e;
        } finally {
            RoutedSocketFactory.forget(ticket);
        }
        if (connection == null) {
            throw new PSQLException(
                    "pgjdbc does not take " + session.instance(), PSQLState.CONNECTION_UNABLE_TO_CONNECT);
        }
        return verified(connection, target);
    }

    /** Whether pgjdbc reads the URL as it is meant, and no part of a name as something else. */
    private static boolean leadsTo(Endpoint instance, String url) {
        Properties read = Driver.parseURL(url, null);
        return read != null
                && instance.toString()
                        .equals(PGProperty.PG_HOST.getOrDefault(read) + ":" + PGProperty.PG_PORT.getOrDefault(read));
    }

    private Properties forPostgres(String ticket, Target target, Deadline limit) {
        Properties all = new Properties();
        for (String name : properties.stringPropertyNames()) {
            all.setProperty(name, properties.getProperty(name, ""));
        }
        all.remove(Target.LIBPQ);
        all.remove(Settings.LOSS);
        all.remove(Settings.MIN_LSN);
        // Bound by our socket factory, which hands pgjdbc connected sockets.
        all.remove(PGProperty.LOCAL_SOCKET_ADDRESS.getName());
        all.setProperty(PGProperty.SOCKET_FACTORY.getName(), RoutedSocketFactory.class.getName());
        all.setProperty(RoutedSocketFactory.TICKET, ticket);
        all.setProperty(Target.PGJDBC, target.serverType());
        String seconds = limit.bounded()
                ? String.format(Locale.ROOT, "%.3f", Math.max(0, limit.nanosLeft() + GRACE_NANOS) / 1e9)
                : "0";
        all.setProperty(PGProperty.LOGIN_TIMEOUT.getName(), seconds);
        return all;
    }

    /** pgjdbc's only failure to connect that has neither a cause nor a server's answer and names the kind. */
    private static boolean foundOtherKind(SQLException e, Target target) {
        return !target.serverType().equals(Target.ANY.serverType())
                && PSQLState.CONNECTION_UNABLE_TO_CONNECT.getState().equals(e.getSQLState())
                && e.getCause() == null
                && String.valueOf(e.getMessage()).contains(target.serverType());
    }

    private static Connection verified(Connection connection, Target target) throws SQLException {
        Boolean wanted = target.inRecovery();
        if (wanted == null) {
            return connection;
        }
        boolean fits = false;
        try {
            fits = wanted == inRecovery(connection);
        } finally {
            if (!fits) {
                connection.close();
            }
        }
        if (!fits) {
            throw new OtherKind("it is not " + target.word(), null);
        }
        return connection;
    }

    private static boolean inRecovery(Connection connection) throws SQLException {
        // Told by PostgreSQL 14 and later without being asked.
        String standby = connection.unwrap(PGConnection.class).getParameterStatus("in_hot_standby");
        if (standby != null) {
            return standby.equals("on");
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_catalog.pg_is_in_recovery()")) {
            return row.next() && row.getBoolean(1);
        }
    }
}
