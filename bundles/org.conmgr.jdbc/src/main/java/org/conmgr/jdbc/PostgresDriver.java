package org.conmgr.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * pgjdbc, which makes a socket factory by its name. Where its own class loader does not know ours, as in OSGi, and when
 * it is shared by applications that carry their own copy of this jar, it is shown ours for the time of the connect.
 */
final class PostgresDriver {
    private static final Driver DRIVER = new Driver();

    /** A parameter that not every pgjdbc of our range knows, nor needs. */
    private static final String CLASS_LOADER_STRATEGY = "classLoaderStrategy";

    private static final boolean KNOWS_OURS = knowsOurs();

    private PostgresDriver() {}

    /** @param properties for the connect; changed if need be */
    static @Nullable Connection connect(String url, Properties properties) throws SQLException {
        if (KNOWS_OURS) {
            return DRIVER.connect(url, properties);
        }
        properties.setProperty(CLASS_LOADER_STRATEGY, "context-first");
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(new Bridge(before));
        try {
            return DRIVER.connect(url, properties);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static boolean knowsOurs() {
        try {
            return Class.forName(RoutedSocketFactory.class.getName(), false, Driver.class.getClassLoader())
                    == RoutedSocketFactory.class;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** The application's context class loader, which knows one class more. */
    private static final class Bridge extends ClassLoader {
        Bridge(@Nullable ClassLoader parent) {
            super(parent);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            return name.equals(RoutedSocketFactory.class.getName())
                    ? RoutedSocketFactory.class
                    : super.loadClass(name, resolve);
        }
    }
}
