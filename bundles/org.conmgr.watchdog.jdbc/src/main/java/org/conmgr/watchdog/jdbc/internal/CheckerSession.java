package org.conmgr.watchdog.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Executor;
import org.postgresql.PGConnection;

/** One login of the checker, with its statement. Used by one thread. */
final class CheckerSession {
    private static final String END_TERMINATOR =
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and "
                    + ApplicationName.OWN_SESSION;

    // The driver sets the timeout on the calling thread and only asks for an executor.
    private static final Executor HERE = Runnable::run;

    private final Connection connection;
    private final PGConnection driver;
    private final InstanceFacts facts;
    private final AttributeQuery query;

    private CheckerSession(Connection connection) throws SQLException {
        this.connection = connection;
        driver = connection.unwrap(PGConnection.class);
        facts = InstanceFacts.of(connection);
        query = new AttributeQuery(connection, facts);
        // Bounded until here as a login; a check takes as long as it takes.
        connection.setNetworkTimeout(HERE, 0);
    }

    /** Logs in; each step is bounded by the login's timeouts. */
    static CheckerSession open(InstanceLogin login, SocketCutter cutter) throws SQLException {
        Connection connection = login.connect(cutter);
        try {
            return new CheckerSession(connection);
        } catch (SQLException | RuntimeException e) {
            InstanceLogin.disconnect(connection);
            throw e;
        }
    }

    InstanceFacts facts() {
        return facts;
    }

    /** Asks; blocks for as long as the instance takes. */
    AttributeQuery.Answer ask() throws SQLException {
        return query.ask();
    }

    /**
     * Waits on the connection, which the instance closes when it goes.
     *
     * @param millis at least 1
     * @throws SQLException as soon as the connection is lost
     */
    void listen(int millis) throws SQLException {
        // Nothing is listened for: notifications cannot come, only the end.
        driver.getNotifications(millis);
    }

    /** Ends the terminator's session, which only waits and does not see why it should go. */
    void endTerminator() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(END_TERMINATOR);
        }
    }

    /** True if this error ended the session, false if the instance merely answered with it. */
    boolean endedBy(SQLException e) {
        return Diagnosis.endsSession(e);
    }

    /** Returns what the driver holds. Blocks for a moment at most on a living connection, not at all on a cut one. */
    void close() {
        InstanceLogin.disconnect(connection);
    }
}
