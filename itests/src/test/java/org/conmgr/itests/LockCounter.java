package org.conmgr.itests;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.conmgr.embedded.EmbeddedInstance;

/** Sees which advisory locks are held, over a connection that the lab's faults do not touch. */
final class LockCounter implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement query;

    LockCounter(EmbeddedInstance instance) {
        try {
            connection = instance.connect();
            query = connection.prepareStatement("select objid from pg_locks where locktype = 'advisory' and granted");
        } catch (SQLException e) {
            throw new AssertionError("the locks cannot be seen", e);
        }
    }

    Set<Integer> held() {
        try (ResultSet rows = query.executeQuery()) {
            Set<Integer> held = new HashSet<>();
            while (rows.next()) {
                held.add(rows.getInt(1));
            }
            return held;
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
