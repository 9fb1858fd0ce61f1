package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.value;
import static org.conmgr.testkit.Await.until;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.Properties;
import org.conmgr.testkit.OsgiFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.jdbc.DataSourceFactory;

/** The driver as a bundle beside pgjdbc's, which knows nothing of our classes. */
class OsgiTest {
    private static final String OURS =
            "(" + DataSourceFactory.OSGI_JDBC_DRIVER_CLASS + "=" + ConmgrDriver.class.getName() + ")";

    @Test
    void connectsWithPgjdbcsBundle(@TempDir Path storage) throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()));
                OsgiFramework framework = OsgiFramework.start(storage, DataSourceFactory.class)) {
            framework.install(org.postgresql.Driver.class);
            Bundle bundle = framework.install(ConmgrDriver.class);
            BundleContext context = framework.context();
            until("the service is there", () -> !context.getServiceReferences(DataSourceFactory.class, OURS)
                    .isEmpty());
            ServiceReference<DataSourceFactory> reference = context.getServiceReferences(DataSourceFactory.class, OURS)
                    .iterator()
                    .next();
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
}
