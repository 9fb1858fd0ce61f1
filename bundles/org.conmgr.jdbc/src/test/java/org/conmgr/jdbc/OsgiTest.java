package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.value;
import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.conmgr.testkit.OsgiFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.service.jdbc.DataSourceFactory;

/** The driver as a bundle beside pgjdbc's, which knows nothing of our classes. */
class OsgiTest {
    private static final String OURS =
            "(" + DataSourceFactory.OSGI_JDBC_DRIVER_CLASS + "=" + ConmgrDriver.class.getName() + ")";

    private static ServiceReference<DataSourceFactory> awaitFactory(BundleContext context) throws Exception {
        until("the service is there", () -> !context.getServiceReferences(DataSourceFactory.class, OURS)
                .isEmpty());
        return context.getServiceReferences(DataSourceFactory.class, OURS)
                .iterator()
                .next();
    }

    @Test
    void connectsWithPgjdbcsBundle(@TempDir Path storage) throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()));
                OsgiFramework framework = OsgiFramework.start(storage, DataSourceFactory.class)) {
            framework.install(org.postgresql.Driver.class);
            Bundle bundle = framework.install(ConmgrDriver.class);
            BundleContext context = framework.context();
            ServiceReference<DataSourceFactory> reference = awaitFactory(context);
            DataSourceFactory factory = context.getService(reference);
            assertThat(factory).isNotNull();
            Properties properties = new Properties();
            properties.setProperty(
                    DataSourceFactory.JDBC_URL, "jdbc:conmgr://" + conmgr.address() + "/postgres?sslmode=disable");
            properties.setProperty(DataSourceFactory.JDBC_USER, "postgres");
            for (String timeout : new String[] {"0", "20"}) {
                properties.setProperty("loginTimeout", timeout);
                try (Connection connection =
                        factory.createDataSource(properties).getConnection()) {
                    assertThat(connection.getClass().getClassLoader())
                            .isNotSameAs(org.postgresql.Driver.class.getClassLoader());
                    assertThat(value(connection, "select inet_server_port()"))
                            .isEqualTo("" + primary().port());
                }
            }
            assertThat(conmgr.applications()).hasSize(2);
            context.ungetService(reference);
            bundle.stop();
            assertThat(context.getServiceReferences(DataSourceFactory.class, OURS))
                    .isEmpty();
        }
    }

    /** Asks as an application does that sees the bundle's classes: {@link DriverManager} looks at who asks. */
    public static final class Application implements Callable<Driver> {
        @Override
        public Driver call() throws SQLException {
            return DriverManager.getDriver("jdbc:conmgr://localhost/x");
        }
    }

    /** Where an application's classes come from that uses a bundle. */
    private static final class ApplicationLoader extends ClassLoader {
        ApplicationLoader(Bundle used) {
            super(used.adapt(BundleWiring.class).getClassLoader());
        }

        Callable<?> application() throws IOException, ReflectiveOperationException {
            try (InputStream in = Application.class.getResourceAsStream("OsgiTest$Application.class")) {
                byte[] bytes = Objects.requireNonNull(in).readAllBytes();
                return (Callable<?>) defineClass(Application.class.getName(), bytes, 0, bytes.length)
                        .getConstructor()
                        .newInstance();
            }
        }
    }

    /** Whether that application finds the driver of that bundle. */
    private static boolean finds(Callable<?> application, Class<?> driver) throws Exception {
        try {
            return driver.isInstance(application.call());
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isEqualTo("08001");
            return false;
        }
    }

    @Test
    void theDriverIsThereForAsLongAsTheBundleRuns(@TempDir Path storage) throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(storage, DataSourceFactory.class)) {
            framework.install(org.postgresql.Driver.class);
            Bundle bundle = framework.install(ConmgrDriver.class);
            Class<?> driver = bundle.loadClass(ConmgrDriver.class.getName());
            Callable<?> application = new ApplicationLoader(bundle).application();
            until("the driver is there", () -> finds(application, driver));
            BundleContext context = framework.context();
            ServiceReference<DataSourceFactory> reference = awaitFactory(context);
            assertThat(context.getService(reference).createDriver(null)).isInstanceOf(driver);
            assertThat(finds(application, driver))
                    .as("while the service is used")
                    .isTrue();
            context.ungetService(reference);
            assertThat(finds(application, driver)).as("once nobody uses it").isTrue();
            bundle.stop();
            assertThat(finds(application, driver)).as("without the bundle").isFalse();
            bundle.start();
            until("the driver is there again", () -> finds(application, driver));
        }
    }
}
