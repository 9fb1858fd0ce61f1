package org.conmgr.jdbc;

import java.sql.SQLException;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.PooledConnection;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGPooledConnection;

/** {@link ConmgrDataSource} for the pools of application servers, with pgjdbc's pooled connections. */
public class ConmgrConnectionPoolDataSource extends ConmgrDataSource implements ConnectionPoolDataSource {
    /** A data source that asks the conmgr at {@code localhost:27546}. */
    public ConmgrConnectionPoolDataSource() {}

    @Override
    public PooledConnection getPooledConnection() throws SQLException {
        return getPooledConnection(getUser(), getPassword());
    }

    @Override
    public PooledConnection getPooledConnection(@Nullable String user, @Nullable String password) throws SQLException {
        return new PGPooledConnection(getConnection(user, password), true);
    }
}
