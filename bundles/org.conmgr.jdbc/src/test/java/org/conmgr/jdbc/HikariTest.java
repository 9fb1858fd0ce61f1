package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.standby;
import static org.conmgr.jdbc.Servers.value;
import static org.conmgr.testkit.Await.until;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.embedded.EmbeddedInstance;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A pool around the driver: the connections to a dead instance go, those that replace them lead elsewhere. */
class HikariTest {
    private static final int SIZE = 5;
    private static final String REASON = "conmgr declared instance 0 dead: timed out";

    static {
        // HikariCP reads it once: else it hands out unlooked what came back within the last half second.
        System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "0");
    }

    private FakeConmgr conmgr;
    private volatile EmbeddedInstance alive;

    /** The ways to configure the pool. */
    enum Configuration {
        URL {
            @Override
            void apply(HikariConfig config, FakeConmgr conmgr) {
                config.setJdbcUrl("jdbc:conmgr://" + conmgr.address() + "/postgres?sslmode=disable");
            }
        },
        DATA_SOURCE_CLASS_WITH_URL {
            @Override
            void apply(HikariConfig config, FakeConmgr conmgr) {
                config.setDataSourceClassName(ConmgrDataSource.class.getName());
                config.addDataSourceProperty("url", "jdbc:conmgr://" + conmgr.address() + "/postgres?sslmode=disable");
            }
        },
        DATA_SOURCE_CLASS_WITH_PROPERTIES {
            @Override
            void apply(HikariConfig config, FakeConmgr conmgr) {
                config.setDataSourceClassName(ConmgrDataSource.class.getName());
                config.addDataSourceProperty("serverNames", "127.0.0.1");
                config.addDataSourceProperty("portNumbers", "" + conmgr.port());
                config.addDataSourceProperty("databaseName", "postgres");
                config.addDataSourceProperty("sslMode", "disable");
                config.addDataSourceProperty("targetSessionAttrs", "any");
            }
        },
        DATA_SOURCE {
            @Override
            void apply(HikariConfig config, FakeConmgr conmgr) {
                ConmgrDataSource source = new ConmgrDataSource();
                source.setUrl("jdbc:conmgr://" + conmgr.address() + "/postgres?sslmode=disable");
                source.setUser("postgres");
                config.setDataSource(source);
            }
        },
        SOCKET_FACTORY {
            @Override
            void apply(HikariConfig config, FakeConmgr conmgr) {
                config.setJdbcUrl("jdbc:postgresql://" + conmgr.address() + "/postgres");
                config.addDataSourceProperty("socketFactory", ConmgrSocketFactory.class.getName());
                config.addDataSourceProperty("sslmode", "disable");
            }
        };

        abstract void apply(HikariConfig config, FakeConmgr conmgr);
    }

    @BeforeEach
    void start() throws Exception {
        alive = standby();
        conmgr = new FakeConmgr(ask -> Servers.route(alive == standby() ? 0 : 1, alive));
    }

    @AfterAll
    static void resetLoginTimeout() {
        // Pools with a jdbcUrl have set it for the whole JVM.
        DriverManager.setLoginTimeout(0);
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
    }

    private static HikariDataSource pool(Configuration configuration, FakeConmgr conmgr) {
        HikariConfig config = new HikariConfig();
        config.setUsername("postgres");
        config.setMaximumPoolSize(SIZE);
        config.setMinimumIdle(SIZE);
        config.setConnectionTimeout(10_000);
        configuration.apply(config, conmgr);
        return new HikariDataSource(config);
    }

    private static String port(Connection connection) throws SQLException {
        return value(connection, "select inet_server_port()");
    }

    @ParameterizedTest
    @EnumSource
    void nobodyGetsADeadConnection(Configuration configuration) throws Exception {
        try (HikariDataSource pool = pool(configuration, conmgr)) {
            until("the pool is full", () -> pool.getHikariPoolMXBean().getIdleConnections() == SIZE);
            CompletableFuture<SQLException> query;
            try (Connection busy = pool.getConnection()) {
                assertThat(port(busy)).isEqualTo("" + standby().port());
                query = CompletableFuture.supplyAsync(
                        () -> catchThrowableOfType(SQLException.class, () -> value(busy, "select pg_sleep(600)")));
                until("the query runs", () -> "1"
                        .equals(standby()
                                .query("select count(*) from pg_stat_activity where query ="
                                        + " 'select pg_sleep(600)' and state = 'active'")));
                alive = primary();
                List<FakeConmgr.Application> dead = conmgr.applications();
                for (FakeConmgr.Application application : dead) {
                    application.down(REASON);
                }
                assertThat((Throwable) query.get(10, TimeUnit.SECONDS)).hasMessageContaining(REASON);
                until("all are closed", () -> dead.stream().allMatch(FakeConmgr.Application::gone));
                // The server itself does not notice while it is busy.
                standby()
                        .query("select pg_terminate_backend(pid) from pg_stat_activity where query ="
                                + " 'select pg_sleep(600)'");
            }
            List<Connection> borrowed = new ArrayList<>();
            for (int i = 0; i < SIZE; i++) {
                borrowed.add(pool.getConnection());
            }
            for (Connection connection : borrowed) {
                assertThat(port(connection)).isEqualTo("" + primary().port());
                connection.close();
            }
            assertThat(pool.getHikariPoolMXBean().getTotalConnections()).isEqualTo(SIZE);
            until("no session is left at the dead instance", () -> "0"
                    .equals(standby()
                            .query("select count(*) from pg_stat_activity where client_port = any('{"
                                    + String.join(",", ports()) + "}'::int[])")));
        }
        until("conmgr has no application left", () -> conmgr.applications().stream()
                .allMatch(FakeConmgr.Application::gone));
    }

    private List<String> ports() {
        return conmgr.applications().stream()
                .flatMap(application -> application.bounds().stream())
                .map(bound -> Integer.toString(bound.port()))
                .toList();
    }
}
