package org.conmgr.jdbc.internal;

import java.sql.SQLException;
import org.conmgr.jdbc.ConmgrDriver;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * Keeps the driver in {@link java.sql.DriverManager} for as long as the bundle runs, whoever uses its service meanwhile;
 * after that it would keep the bundle's classes. Needs no API of OSGi's JDBC service.
 */
@Component(
        service = {},
        immediate = true)
public final class DriverRegistration implements AutoCloseable {
    /** The bundle has started, perhaps not for the first time. */
    @Activate
    public DriverRegistration() throws SQLException {
        ConmgrDriver.register();
    }

    /** The bundle stops. */
    @Deactivate
    @Override
    public void close() throws SQLException {
        ConmgrDriver.deregister();
    }
}
