package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.conmgr.testkit.Await.until;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.jdbc.Servers.Way;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A cancel goes where the session is, though conmgr would now send elsewhere. */
class CancelTest {
    private final AtomicInteger asked = new AtomicInteger();
    private FakeConmgr conmgr;

    @BeforeEach
    void start() throws Exception {
        // The first to the standby, every later one to the primary.
        conmgr = new FakeConmgr(
                ask -> Servers.route(0, asked.getAndIncrement() == 0 ? Servers.standby() : Servers.primary()));
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
    }

    private static void awaitQuery(EmbeddedInstance instance, String sql) {
        until("the query runs", () -> !"0"
                .equals(instance.query(
                        "select count(*) from pg_stat_activity where state = 'active' and query = '" + sql + "'")));
    }

    @ParameterizedTest
    @CsvSource({"DRIVER, disable", "FACTORY, disable", "DRIVER, require", "FACTORY, require"})
    void aStatementIsCancelledWhereItRuns(Way way, String sslmode) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=" + sslmode);
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < 2; i++) {
                String sql = "select pg_sleep(600), " + i + " as " + way;
                CompletableFuture<SQLException> query = CompletableFuture.supplyAsync(
                        () -> catchThrowableOfType(SQLException.class, () -> statement.execute(sql)));
                awaitQuery(Servers.standby(), sql);
                statement.cancel();
                assertThat(query.get(10, TimeUnit.SECONDS).getSQLState()).isEqualTo("57014");
            }
            assertThat(asked).hasValue(1);
            assertThat(Servers.value(connection, "select inet_server_port()"))
                    .isEqualTo("" + Servers.standby().port());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStatementHasATimeout(Way way) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=disable");
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            SQLException failure =
                    catchThrowableOfType(SQLException.class, () -> statement.execute("select pg_sleep(600)"));
            assertThat(failure.getSQLState()).isEqualTo("57014");
            assertThat(connection.isValid(5)).isTrue();
            assertThat(asked).hasValue(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCancelOfADeadInstanceDoesNotWaitForIt(Way way) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=disable");
                Statement statement = connection.createStatement()) {
            CompletableFuture<SQLException> query = CompletableFuture.supplyAsync(
                    () -> catchThrowableOfType(SQLException.class, () -> statement.execute("select pg_sleep(599)")));
            awaitQuery(Servers.standby(), "select pg_sleep(599)");
            Servers.standby().freeze();
            try {
                conmgr.bound(0).down("the end");
                assertThat(query.get(10, TimeUnit.SECONDS).getSQLState()).isEqualTo("08006");
                long start = System.nanoTime();
                SQLException failure = catchThrowableOfType(SQLException.class, statement::cancel);
                assertThat(failure == null
                                || "08006".equals(failure.getSQLState())
                                || "08003".equals(failure.getSQLState()))
                        .isTrue();
                assertThat(System.nanoTime() - start).isLessThan(1_000_000_000);
            } finally {
                Servers.standby().thaw();
                Servers.standby()
                        .query("select pg_terminate_backend(pid) from pg_stat_activity where query ="
                                + " 'select pg_sleep(599)'");
            }
            assertThat(asked).hasValue(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCancelReachesAServerOfTheList(Way way) throws Exception {
        String url = way.url(Servers.address(Servers.standby()), "sslmode=disable");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            SQLException failure =
                    catchThrowableOfType(SQLException.class, () -> statement.execute("select pg_sleep(600)"));
            assertThat(failure.getSQLState()).isEqualTo("57014");
        }
    }
}
