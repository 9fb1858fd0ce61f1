package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.conmgr.testkit.Await.until;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.direct.protocol.Frame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What happens to a connection when conmgr says that its instance is gone, and when conmgr is gone itself. */
class EndTest {
    private static final String REASON =
            "conmgr declared instance 7 (db1.test:5432) dead: timed out: silent for 2.0 s; last beat #118";

    private FakeConmgr conmgr;

    @BeforeEach
    void start() throws Exception {
        conmgr = FakeConmgr.routing(Servers.route(7, Servers.primary()));
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
    }

    /** Blocks a connection in a query, then lets something happen; how it ended, and after how many nanoseconds. */
    private record Wake(SQLException failure, long nanos) {}

    private interface Event {
        void happen() throws Exception;
    }

    private static Wake wake(Connection connection, Event event) throws Exception {
        String pid = Servers.value(connection, "select pg_backend_pid()");
        long[] end = new long[1];
        CompletableFuture<SQLException> query = CompletableFuture.supplyAsync(() -> {
            SQLException failure =
                    catchThrowableOfType(SQLException.class, () -> Servers.value(connection, "select pg_sleep(600)"));
            end[0] = System.nanoTime();
            return failure;
        });
        until("the query runs", () -> "active"
                .equals(Servers.primary()
                        .query("select state from pg_stat_activity where pid = " + pid
                                + " and query = 'select pg_sleep(600)'")));
        long start = System.nanoTime();
        event.happen();
        SQLException failure = query.get(10, TimeUnit.SECONDS);
        // The server itself does not notice while it is busy.
        Servers.primary().query("select pg_terminate_backend(" + pid + ")");
        return new Wake(failure, end[0] - start);
    }

    @ParameterizedTest
    @CsvSource({"DRIVER, disable", "FACTORY, disable", "DRIVER, require", "FACTORY, require"})
    void aBlockedQueryWakesAtOnceAndSaysWhy(Servers.Way way, String sslmode) throws Exception {
        long[] nanos = new long[7];
        for (int i = 0; i < nanos.length; i++) {
            try (Connection connection = way.connect(conmgr, "sslmode=" + sslmode)) {
                FakeConmgr.Application application = conmgr.bound(i);
                Wake wake = wake(connection, () -> application.down(REASON));
                nanos[i] = wake.nanos;
                assertThat(wake.failure.getSQLState()).isEqualTo("08006");
                assertThat(Servers.chain(wake.failure)).contains(REASON);
                if (sslmode.equals("disable")) {
                    assertThat((Throwable) wake.failure).hasMessage("FATAL: " + REASON);
                }
                assertThat(connection.isClosed()).isTrue();
                assertThat(connection.isValid(5)).isFalse();
            }
        }
        Arrays.sort(nanos);
        System.out.printf(
                "%s sslmode=%s: woken after %.1f ms (%.1f to %.1f)%n",
                way, sslmode, nanos[3] / 1e6, nanos[0] / 1e6, nanos[6] / 1e6);
        assertThat(nanos[3]).as("median of 7, in ns").isLessThan(50_000_000);
    }

    @ParameterizedTest
    @EnumSource
    void theLossOfConmgrIsLikeTheLossOfTheInstance(Servers.Way way) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=disable")) {
            Wake wake = wake(connection, () -> conmgr.bound(0).close());
            assertThat((Throwable) wake.failure)
                    .hasMessage("FATAL: conmgr " + conmgr.address() + " is gone: it closed the connection;"
                            + " nobody watches instance 7 (db1.test:"
                            + Servers.primary().port() + ")")
                    .hasFieldOrPropertyWithValue("SQLState", "08006");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSessionGoesOnWithoutConmgrForThoseWhoWantThat(Servers.Way way) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=disable&conmgrLoss=keep")) {
            conmgr.bound(0);
            conmgr.close();
            until(
                    "conmgr has lost the application",
                    () -> conmgr.applications().get(0).gone());
            assertThat(connection.isValid(5)).isTrue();
            assertThat(Servers.value(connection, "select 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @CsvSource({"DRIVER, disable", "FACTORY, disable", "DRIVER, require", "FACTORY, require"})
    void anIdleConnectionSaysWhyAtItsNextUse(Servers.Way way, String sslmode) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=" + sslmode)) {
            conmgr.bound(0).down(REASON);
            until("closed", () -> conmgr.bound(0).gone());
            SQLException failure =
                    catchThrowableOfType(SQLException.class, () -> Servers.value(connection, "select 1"));
            assertThat(failure.getSQLState()).isEqualTo("08006");
            assertThat(Servers.chain(failure)).contains(REASON);
            assertThat(connection.isClosed()).isTrue();
            assertThatThrownBy(() -> Servers.value(connection, "select 1"))
                    .hasFieldOrPropertyWithValue("SQLState", "08003");
        }
    }

    @ParameterizedTest
    @CsvSource({"DRIVER, disable", "FACTORY, disable", "DRIVER, require", "FACTORY, require"})
    void anIdleConnectionIsNotValid(Servers.Way way, String sslmode) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=" + sslmode)) {
            assertThat(connection.isValid(5)).isTrue();
            conmgr.bound(0).down(REASON);
            until("closed", () -> conmgr.bound(0).gone());
            long start = System.nanoTime();
            assertThat(connection.isValid(5)).isFalse();
            assertThat(System.nanoTime() - start).isLessThan(1_000_000_000);
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void aTransactionIsLost() throws Exception {
        Servers.primary().query("create table if not exists ended (id int)");
        try (Connection connection = Servers.Way.DRIVER.connect(conmgr, "sslmode=disable")) {
            connection.setAutoCommit(false);
            connection.createStatement().executeUpdate("insert into ended values (1)");
            conmgr.bound(0).down(REASON);
            until("closed", () -> conmgr.bound(0).gone());
            assertThatThrownBy(connection::commit)
                    .hasFieldOrPropertyWithValue("SQLState", "08006")
                    .hasMessageContaining(REASON);
        }
        assertThat(Servers.primary().query("select count(*) from ended")).isEqualTo("0");
    }

    @Test
    void aStreamOfRowsEndsWithTheReasonInTheChain() throws Exception {
        try (Connection connection = Servers.Way.DRIVER.connect(conmgr, "sslmode=disable")) {
            // Rows of a megabyte: the driver is inside one nearly all the time.
            CompletableFuture<SQLException> query =
                    CompletableFuture.supplyAsync(() -> catchThrowableOfType(SQLException.class, () -> connection
                            .createStatement()
                            .executeQuery("select repeat('x', 1000000) from generate_series(1, 1000000)"
                                    + " where pg_sleep(0.001) is not null")));
            String pid = Servers.primary()
                    .query("select pid from pg_stat_activity where client_port = "
                            + conmgr.bound(0).bounds().get(0).port());
            until("rows flow", () -> "active"
                    .equals(Servers.primary().query("select state from pg_stat_activity where pid = " + pid)));
            conmgr.bound(0).down(REASON);
            SQLException failure = query.get(10, TimeUnit.SECONDS);
            assertThat(failure.getSQLState()).isEqualTo("08006");
            assertThat(Servers.chain(failure)).contains(REASON);
        }
    }

    @ParameterizedTest
    @EnumSource
    void conmgrLearnsTheLocalEndOfTheSqlConnection(Servers.Way way) throws Exception {
        try (Connection connection = way.connect(conmgr, "sslmode=prefer")) {
            Frame.Bound bound = conmgr.bound(0).bounds().get(0);
            assertThat(bound)
                    .isEqualTo(new Frame.Bound(
                            "127.0.0.1", Integer.parseInt(Servers.value(connection, "select inet_client_port()"))));
            assertThat(conmgr.applications().get(0).gone()).isFalse();
        }
        until("conmgr learns of the end", () -> conmgr.applications().get(0).gone());
        assertThat(conmgr.applications()).hasSize(1);
    }

    @Test
    void oneAskConnectionForEachSqlConnection() throws Exception {
        try (Connection first = Servers.Way.DRIVER.connect(conmgr, "sslmode=disable");
                Connection second = Servers.Way.DRIVER.connect(conmgr, "sslmode=disable")) {
            conmgr.bound(0).down(REASON);
            until("closed", () -> conmgr.bound(0).gone());
            assertThat(first.isValid(5)).isFalse();
            assertThat(second.isValid(5)).isTrue();
        }
    }
}
