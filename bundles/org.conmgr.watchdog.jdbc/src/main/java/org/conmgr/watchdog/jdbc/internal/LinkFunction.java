package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The extension's function that writes the files for a watchdog which may not; needs a session of its own. */
final class LinkFunction implements LinkTarget {
    private static final int TIMEOUT_MILLIS = 5_000;

    // The driver sets the timeout on the calling thread and only asks for an executor.
    private static final Executor HERE = Runnable::run;

    // A superuser's: what somebody else calls by this name would run with the watchdog's rights.
    private static final String FUNCTION = """
            select quote_ident(n.nspname) || '.' || quote_ident(p.proname)
              from pg_proc p, pg_namespace n, pg_roles owner
             where p.proname = 'pgx_watchdog_publish' and pg_get_function_identity_arguments(p.oid) = 'document text, slot integer'
               and n.oid = p.pronamespace and owner.oid = p.proowner and owner.rolsuper
               and has_function_privilege(p.oid, 'execute') and has_schema_privilege(n.oid, 'usage')
             limit 1
            """;

    private final String watchdog;
    private final Connection connection;
    private final PreparedStatement statement;
    private int slot;

    private LinkFunction(String watchdog, Connection connection, String function) throws SQLException {
        this.watchdog = watchdog;
        this.connection = connection;
        connection.setNetworkTimeout(HERE, TIMEOUT_MILLIS);
        statement = connection.prepareStatement("select " + function + "(?, ?)");
    }

    /** Null if there is no such function for this role in this database; the connection is then the caller's still. */
    static @Nullable LinkFunction find(String watchdog, Connection connection) throws SQLException {
        try (Statement search = connection.createStatement();
                ResultSet row = search.executeQuery(FUNCTION)) {
            return row.next() ? new LinkFunction(watchdog, connection, row.getString(1)) : null;
        }
    }

    @Override
    public void write(String document) throws IOException {
        try {
            // In turns: while one is written the other one is whole.
            slot ^= 1;
            statement.setString(1, document);
            statement.setInt(2, slot);
            statement.execute();
        } catch (SQLException e) {
            throw new IOException(Diagnosis.text(e), e);
        }
    }

    @Override
    public void withdraw() throws IOException {
        String none = LinkDocument.of(watchdog, List.of(), Instant.now());
        write(none);
        write(none);
    }

    @Override
    public void close() {
        InstanceLogin.disconnect(connection);
    }
}
