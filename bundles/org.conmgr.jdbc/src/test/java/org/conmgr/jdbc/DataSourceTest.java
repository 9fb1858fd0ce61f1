package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.value;
import static org.conmgr.testkit.Await.until;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Properties;
import javax.naming.Reference;
import javax.sql.DataSource;
import javax.sql.PooledConnection;
import javax.sql.XAConnection;
import org.conmgr.jdbc.internal.ConmgrDataSourceFactory;
import org.junit.jupiter.api.Test;
import org.osgi.service.jdbc.DataSourceFactory;
import org.postgresql.ds.PGSimpleDataSource;

class DataSourceTest {
    @Test
    void theDefaultIsTheConmgrOfTheSameHost() throws SQLException {
        ConmgrDataSource source = new ConmgrDataSource();
        assertThat(source.getUrl()).isEqualTo("jdbc:conmgr://localhost/");
        assertThat(ConmgrUrl.parse(source.getUrl()).hosts()).containsExactly(new Endpoint("localhost", 27546));
    }

    @Test
    void hasThePropertiesOfPgjdbcAndItsOwn() throws SQLException {
        ConmgrDataSource source = new ConmgrDataSource();
        source.setServerNames(new String[] {"cm1", "::1", "cm3"});
        source.setPortNumbers(new int[] {0, 6000, 27546});
        source.setDatabaseName("my db");
        source.setUser("me");
        source.setPassword("secret");
        source.setTargetServerType("secondary");
        source.setLoginTimeout(5);
        source.setApplicationName("a&b");
        source.setConmgrLoss("keep");
        source.setProperty("conmgrMinLsn", "0/10");
        assertThat(source.getUrl())
                .startsWith("jdbc:conmgr://cm1,[::1]:6000,cm3:27546/my+db?")
                .contains("targetServerType=secondary", "loginTimeout=5", "ApplicationName=a%26b")
                .endsWith("&conmgrLoss=keep&conmgrMinLsn=0%2F10")
                .doesNotContain("secret");
        assertThat(source.getProperty("conmgrLoss")).isEqualTo("keep");
        assertThat(source.getLoginTimeout()).isEqualTo(5);

        ConmgrDataSource same = new ConmgrDataSource();
        same.setUser("other");
        same.setURL(source.getURL());
        assertThat(same.getUser()).isEqualTo("other");
        assertThat(same.getServerNames()).containsExactly("cm1", "[::1]", "cm3");
        assertThat(same.getPortNumbers()).containsExactly(27546, 6000, 27546);
        assertThat(same.getTargetServerType()).isEqualTo("secondary");
        assertThat(same.getConmgrMinLsn()).isEqualTo("0/10");
        assertThat(ConmgrUrl.parse(same.getUrl()).parameters())
                .isEqualTo(ConmgrUrl.parse(source.getUrl()).parameters());
        same.setProperty("conmgrMinLsn", null);
        assertThat(same.getConmgrMinLsn()).isNull();
    }

    @Test
    void onePortCountsForAllHosts() {
        ConmgrDataSource source = new ConmgrDataSource();
        source.setServerNames(new String[] {"a", "b"});
        assertThat(source.getUrl()).isEqualTo("jdbc:conmgr://a,b/");
        source.setPortNumbers(new int[] {7});
        assertThat(source.getUrl()).isEqualTo("jdbc:conmgr://a:7,b:7/");
        source.setPortNumbers(new int[] {7, 8, 9});
        assertThatThrownBy(source::getUrl).hasMessage("portNumbers: 3 (expected: 1 or, as serverNames, 2)");
    }

    @Test
    void tellsWhatIsWrong() {
        ConmgrDataSource source = new ConmgrDataSource();
        assertThatThrownBy(() -> source.setUrl("jdbc:postgresql://a/b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("url: jdbc:postgresql://a/b (expected: jdbc:conmgr://host:port/database)");
        assertThatThrownBy(() -> source.setUrl("jdbc:conmgr://a:0/b")).hasMessageContaining("port of a:0");
        assertThatThrownBy(() -> source.setProperty("nothing", "x")).isInstanceOf(SQLException.class);
        source.setTargetSessionAttrs("leader");
        assertThatThrownBy(source::getConnection).hasMessageStartingWith("target_session_attrs: leader (expected");
    }

    @Test
    void connects() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            ConmgrDataSource source = new ConmgrDataSource();
            source.setServerNames(new String[] {"127.0.0.1"});
            source.setPortNumbers(new int[] {conmgr.port()});
            source.setDatabaseName("postgres");
            source.setTargetSessionAttrs("primary");
            source.setUser("postgres");
            try (Connection connection = source.getConnection()) {
                assertThat(value(connection, "select current_user")).isEqualTo("postgres");
            }
            try (Connection connection = source.getConnection("app", "right")) {
                assertThat(value(connection, "select current_user")).isEqualTo("app");
            }
            assertThat(conmgr.applications())
                    .allMatch(application -> application.ask().target().equals("primary"));
            DataSource unwrapped = source.unwrap(DataSource.class);
            assertThat(unwrapped).isSameAs(source);
            assertThat(source.isWrapperFor(ConmgrXADataSource.class)).isFalse();
            assertThatThrownBy(() -> source.unwrap(ConmgrXADataSource.class)).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void servesDistributedTransactionsAndApplicationServers() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            ConmgrXADataSource xa = new ConmgrXADataSource();
            xa.setUrl("jdbc:conmgr://" + conmgr.address() + "/postgres?user=postgres");
            XAConnection xaConnection = xa.getXAConnection();
            assertThat(xaConnection.getXAResource()).isNotNull();
            assertThat(value(xaConnection.getConnection(), "select 1")).isEqualTo("1");
            xaConnection.close();
            ConmgrConnectionPoolDataSource pool = new ConmgrConnectionPoolDataSource();
            pool.setUrl("jdbc:conmgr://" + conmgr.address() + "/postgres");
            PooledConnection pooled = pool.getPooledConnection("postgres", "");
            assertThat(value(pooled.getConnection(), "select 1")).isEqualTo("1");
            pooled.close();
            until("all are let go", () -> conmgr.applications().stream().allMatch(FakeConmgr.Application::gone));
        }
    }

    @Test
    void comesBackFromJndi() throws Exception {
        for (ConmgrDataSource source : new ConmgrDataSource[] {
            new ConmgrDataSource(), new ConmgrXADataSource(), new ConmgrConnectionPoolDataSource()
        }) {
            source.setUrl("jdbc:conmgr://cm1,cm2:5/db?targetServerType=primary&conmgrLoss=keep");
            source.setUser("me");
            Object back = new ConmgrObjectFactory().getObjectInstance(source.getReference(), null, null, null);
            assertThat(back).isExactlyInstanceOf(source.getClass());
            ConmgrDataSource same = (ConmgrDataSource) back;
            assertThat(same).isNotNull();
            assertThat(same.getUrl()).isEqualTo(source.getUrl());
            assertThat(same.getUser()).isEqualTo("me");
        }
        assertThat(new ConmgrObjectFactory()
                        .getObjectInstance(new PGSimpleDataSource().getReference(), null, null, null))
                .isNull();
        assertThat(new ConmgrObjectFactory().getObjectInstance(new Reference("java.lang.String"), null, null, null))
                .isNull();
        assertThat(new ConmgrObjectFactory().getObjectInstance("text", null, null, null))
                .isNull();
    }

    @Test
    void pgjdbcsOwnDataSourceTakesTheSocketFactory() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setServerNames(new String[] {"127.0.0.1"});
            source.setPortNumbers(new int[] {conmgr.port()});
            source.setDatabaseName("postgres");
            source.setUser("postgres");
            source.setSocketFactory(ConmgrSocketFactory.class.getName());
            source.setTargetServerType("primary");
            try (Connection connection = source.getConnection()) {
                assertThat(value(connection, "select inet_server_port()"))
                        .isEqualTo("" + primary().port());
            }
            assertThat(conmgr.applications().get(0).ask().target()).isEqualTo("read-write");
        }
    }

    @Test
    void theServiceOfOsgiMakesThem() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            DataSourceFactory factory = new ConmgrDataSourceFactory();
            Properties properties = new Properties();
            properties.setProperty(DataSourceFactory.JDBC_SERVER_NAME, "127.0.0.1");
            properties.setProperty(DataSourceFactory.JDBC_PORT_NUMBER, "" + conmgr.port());
            properties.setProperty(DataSourceFactory.JDBC_DATABASE_NAME, "postgres");
            properties.setProperty(DataSourceFactory.JDBC_USER, "app");
            properties.setProperty(DataSourceFactory.JDBC_PASSWORD, "right");
            properties.setProperty("target_session_attrs", "primary");
            properties.setProperty("ApplicationName", "till");
            try (Connection connection = factory.createDataSource(properties).getConnection()) {
                assertThat(value(connection, "show application_name")).isEqualTo("till");
            }
            assertThat(factory.createXADataSource(properties)).isInstanceOf(ConmgrXADataSource.class);
            assertThat(factory.createConnectionPoolDataSource(null)).isInstanceOf(ConmgrConnectionPoolDataSource.class);
            properties.setProperty(DataSourceFactory.JDBC_URL, "jdbc:conmgr://elsewhere/nowhere?ApplicationName=x");
            ConmgrDataSource both = (ConmgrDataSource) factory.createDataSource(properties);
            assertThat(both.getUrl())
                    .startsWith("jdbc:conmgr://127.0.0.1:" + conmgr.port() + "/postgres?")
                    .contains("ApplicationName=till");
            Driver driver = factory.createDriver(null);
            assertThat(driver).isInstanceOf(ConmgrDriver.class);
            assertThatThrownBy(() -> factory.createDriver(properties)).isInstanceOf(SQLException.class);
            properties.setProperty(DataSourceFactory.JDBC_MAX_POOL_SIZE, "5");
            assertThatThrownBy(() -> factory.createDataSource(properties))
                    .hasMessage("maxPoolSize: this is not a pool (expected: a pool around it)");
        }
    }

    @Test
    void toolsLearnOfAllParameters() throws SQLException {
        DriverPropertyInfo[] properties =
                new ConmgrDriver().getPropertyInfo("jdbc:conmgr://cm/db?conmgrLoss=keep&user=me", new Properties());
        assertThat(Arrays.stream(properties).map(property -> property.name))
                .contains("target_session_attrs", "conmgrLoss", "conmgrMinLsn", "user", "sslmode", "targetServerType");
        assertThat(Arrays.stream(properties).filter(property -> property.name.equals("conmgrLoss")))
                .singleElement()
                .satisfies(property -> {
                    assertThat(property.value).isEqualTo("keep");
                    assertThat(property.choices).containsExactly("close", "keep");
                });
    }
}
