package org.conmgr.itests;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.conmgr.embedded.EmbeddedInstance;

/** Sees how many advisory locks are held, over a connection that the lab's faults do not touch. */
final class LockCounter implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement query;

    LockCounter(EmbeddedInstance instance) {
        try {
            connection = instance.connect();
            query = connection.prepareStatement(
                    "select count(*) from pg_locks where locktype = 'advisory' and granted");
        } catch (SQLException e) {
            throw new AssertionError("the locks cannot be seen", e);
        }
    }

    int held() {
        try (ResultSet row = query.executeQuery()) {
            row.next();
            return row.getInt(1);
        } catch (SQLException e) {
            throw new AssertionError("the locks cannot be seen", e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
