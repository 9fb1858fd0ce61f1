package org.conmgr.jdbc;

import java.sql.SQLException;
import javax.sql.XAConnection;
import javax.sql.XADataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.xa.PGXAConnection;

/** {@link ConmgrDataSource} for distributed transactions, with pgjdbc's XA connections. */
public class ConmgrXADataSource extends ConmgrDataSource implements XADataSource {
    /** A data source that asks the conmgr at {@code localhost:27546}. */
    public ConmgrXADataSource() {}

    @Override
    public XAConnection getXAConnection() throws SQLException {
        return getXAConnection(getUser(), getPassword());
    }

    @Override
    public XAConnection getXAConnection(@Nullable String user, @Nullable String password) throws SQLException {
        return new PGXAConnection(getConnection(user, password).unwrap(BaseConnection.class));
    }
}
