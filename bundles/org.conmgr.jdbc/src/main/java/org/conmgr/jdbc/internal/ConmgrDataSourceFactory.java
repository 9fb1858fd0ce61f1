package org.conmgr.jdbc.internal;

import java.sql.Driver;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import org.conmgr.jdbc.ConmgrConnectionPoolDataSource;
import org.conmgr.jdbc.ConmgrDataSource;
import org.conmgr.jdbc.ConmgrDriver;
import org.conmgr.jdbc.ConmgrXADataSource;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.jdbc.DataSourceFactory;

/** Offers the driver to bundles, as pgjdbc does for its own. Without the API of OSGi's JDBC service there is none. */
@Component(
        service = DataSourceFactory.class,
        property = {
            DataSourceFactory.OSGI_JDBC_DRIVER_CLASS + "=org.conmgr.jdbc.ConmgrDriver",
            DataSourceFactory.OSGI_JDBC_DRIVER_NAME + "=conmgr"
        })
public final class ConmgrDataSourceFactory implements DataSourceFactory {
    private static final Set<String> POOL = Set.of(
            JDBC_INITIAL_POOL_SIZE, JDBC_MAX_POOL_SIZE, JDBC_MIN_POOL_SIZE, JDBC_MAX_IDLE_TIME, JDBC_MAX_STATEMENTS);

    /** The service has no state. */
    @Activate
    public ConmgrDataSourceFactory() {}

    @Override
    public ConmgrDataSource createDataSource(@Nullable Properties properties) throws SQLException {
        return configured(new ConmgrDataSource(), properties);
    }

    @Override
    public ConmgrConnectionPoolDataSource createConnectionPoolDataSource(@Nullable Properties properties)
            throws SQLException {
        return configured(new ConmgrConnectionPoolDataSource(), properties);
    }

    @Override
    public ConmgrXADataSource createXADataSource(@Nullable Properties properties) throws SQLException {
        return configured(new ConmgrXADataSource(), properties);
    }

    @Override
    public Driver createDriver(@Nullable Properties properties) throws SQLException {
        if (properties != null && !properties.isEmpty()) {
            throw new SQLException("properties of a driver: " + properties.stringPropertyNames() + " (expected: none)");
        }
        return new ConmgrDriver();
    }

    private static <T extends ConmgrDataSource> T configured(T source, @Nullable Properties properties)
            throws SQLException {
        if (properties == null) {
            return source;
        }
        String url = properties.getProperty(JDBC_URL);
        if (url != null) {
            source.setUrl(url);
        }
        for (String name : properties.stringPropertyNames()) {
            set(source, name, properties.getProperty(name, ""));
        }
        return source;
    }

    private static void set(ConmgrDataSource source, String name, String value) throws SQLException {
        if (POOL.contains(name)) {
            throw new SQLException(name + ": this is not a pool (expected: a pool around it)");
        }
        switch (name) {
            case JDBC_URL -> {
                // First of all, as the others change what it says.
            }
            case JDBC_SERVER_NAME -> source.setServerNames(value.split(",", -1));
            case JDBC_PORT_NUMBER -> source.setPortNumbers(new int[] {port(value)});
            case JDBC_DATABASE_NAME -> source.setDatabaseName(value);
            case JDBC_USER -> source.setUser(value);
            case JDBC_PASSWORD -> source.setPassword(value);
            case JDBC_DATASOURCE_NAME, JDBC_DESCRIPTION -> {
                // For whoever shows it; the driver has no use for it.
            }
            default -> source.setProperty(name, value);
        }
    }

    private static int port(String text) throws SQLException {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new SQLException(JDBC_PORT_NUMBER + ": " + text + " (expected: 1 to 65535)", e);
        }
    }
}
