package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.conmgr.jdbc.Servers.address;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.standby;
import static org.conmgr.jdbc.Servers.value;
import static org.conmgr.testkit.Await.until;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.jdbc.Servers.Way;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which host of a list gets the connection, and what is said when none does. */
class HostListTest {
    private final List<Closeable> opened = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (Closeable one : opened) {
            one.close();
        }
    }

    private FakeConmgr conmgr(Frame answer) throws IOException {
        FakeConmgr conmgr = FakeConmgr.routing(answer);
        opened.add(conmgr);
        return conmgr;
    }

    private static Connection connect(Way way, String parameters, String... hosts) throws SQLException {
        return DriverManager.getConnection(way.url(String.join(",", hosts), parameters));
    }

    private static String port(Connection connection) throws SQLException {
        return value(connection, "select inet_server_port()");
    }

    private static String freePort() {
        return "127.0.0.1:" + FreePort.next();
    }

    @ParameterizedTest
    @EnumSource
    void theFirstConmgrThatKnowsAnInstanceWins(Way way) throws Exception {
        FakeConmgr without = conmgr(new Frame.Refused("08001", "no instance with target_session_attrs=any: none"));
        FakeConmgr with = conmgr(Servers.route(0, standby()));
        FakeConmgr last = conmgr(Servers.route(0, primary()));
        try (Connection connection = connect(way, "", freePort(), without.address(), with.address(), last.address())) {
            assertThat(port(connection)).isEqualTo("" + standby().port());
            assertThat(without.applications()).hasSize(1);
            assertThat(last.applications()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHostMayBeAPostgresqlServer(Way way) throws Exception {
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        try (Connection connection = connect(way, "", address(standby()), conmgr.address())) {
            assertThat(port(connection)).isEqualTo("" + standby().port());
            assertThat(conmgr.applications()).isEmpty();
        }
        try (Connection connection = connect(way, "", freePort(), conmgr.address())) {
            assertThat(port(connection)).isEqualTo("" + primary().port());
        }
    }

    @Test
    void theServersLogKnowsNothingOfTheQuestion() throws Exception {
        int before = primary().log().length();
        try (Connection connection = connect(Way.DRIVER, "sslmode=disable", address(primary()))) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThat(primary().log().substring(before)).isEmpty();
    }

    @Test
    void allRefusalsAreTold() throws Exception {
        FakeConmgr first =
                conmgr(new Frame.Refused("08001", "no instance with target_session_attrs=read-only: 0 (down)"));
        FakeConmgr second = conmgr(new Frame.Refused("08001", "no instance with target_session_attrs=read-only: none"));
        String closed = freePort();
        assertThatThrownBy(() ->
                        connect(Way.DRIVER, "targetServerType=secondary", first.address(), closed, second.address()))
                .isInstanceOf(SQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessage("no connection: conmgr " + first.address()
                        + ": no instance with target_session_attrs=read-only: 0 (down); " + closed
                        + ": Connection refused; conmgr " + second.address()
                        + ": no instance with target_session_attrs=read-only: none");
    }

    @Test
    void theSocketFactoryTellsAllRefusalsInTheCause() throws Exception {
        FakeConmgr first = conmgr(new Frame.Refused("08001", "no instance: 0 (down)"));
        FakeConmgr second = conmgr(new Frame.Refused("08001", "no instance: none"));
        SQLException failure = catchThrowableOfType(
                SQLException.class, () -> connect(Way.FACTORY, "", first.address(), second.address()));
        assertThat(failure.getSQLState()).isEqualTo("08001");
        assertThat(failure.getCause())
                .hasMessage("conmgr " + first.address() + ": no instance: 0 (down); conmgr " + second.address()
                        + ": no instance: none");
    }

    @ParameterizedTest
    @CsvSource({
        "DRIVER, targetServerType=primary, read-write",
        "FACTORY, targetServerType=primary, read-write",
        "DRIVER, targetServerType=preferSlave, prefer-read-only",
        "DRIVER, target_session_attrs=prefer-standby, prefer-standby",
        "FACTORY, target_session_attrs=read-write, read-write",
        "DRIVER, '', any",
    })
    void conmgrIsAskedInItsOwnWords(Way way, String parameter, String word) throws Exception {
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        try (Connection connection =
                connect(way, parameter + "&ApplicationName=till&conmgrMinLsn=0/10", conmgr.address())) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThat(conmgr.applications().get(0).ask())
                .isEqualTo(new Ask(word, "till", ProcessHandle.current().pid(), 16));
    }

    @Test
    void everythingElseReachesPgjdbc() throws Exception {
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        String parameters = "ApplicationName=till&currentSchema=pg_catalog&options=-c%20work_mem%3D5MB"
                + "&localSocketAddress=127.0.0.3";
        try (Connection connection = connect(Way.DRIVER, parameters, conmgr.address())) {
            assertThat(value(connection, "show application_name")).isEqualTo("till");
            assertThat(value(connection, "show search_path")).isEqualTo("pg_catalog");
            assertThat(value(connection, "show work_mem")).isEqualTo("5MB");
            assertThat(value(connection, "select host(inet_client_addr())")).isEqualTo("127.0.0.3");
            assertThat(connection.getMetaData().getURL())
                    .isEqualTo("jdbc:postgresql://db1.test:" + primary().port() + "/postgres");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "targetServerType=secondary, standby",
        "targetServerType=slave, standby",
        "target_session_attrs=read-only, standby",
        "target_session_attrs=standby, standby",
        "targetServerType=preferSecondary, standby",
        "target_session_attrs=prefer-standby, standby",
        "targetServerType=primary, primary",
        "targetServerType=preferPrimary, primary",
        "target_session_attrs=primary, primary",
        "target_session_attrs=any, primary",
    })
    void serversOfAListAreVerified(String parameter, String expected) throws Exception {
        try (Connection connection = connect(Way.DRIVER, parameter, address(primary()), address(standby()))) {
            assertThat(port(connection)).isEqualTo("" + (expected.equals("standby") ? standby() : primary()).port());
        }
        try (Connection connection = connect(Way.DRIVER, parameter, address(standby()), address(primary()))) {
            boolean any = parameter.endsWith("any");
            assertThat(port(connection))
                    .isEqualTo("" + (expected.equals("standby") || any ? standby() : primary()).port());
        }
    }

    @ParameterizedTest
    @CsvSource({"targetServerType=secondary", "target_session_attrs=standby", "target_session_attrs=read-only"})
    void aServerOfTheOtherKindIsNotTaken(String parameter) {
        assertThatThrownBy(() -> connect(Way.DRIVER, parameter, address(primary())))
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageMatching("no connection: server " + address(primary()) + ": it is not (read-only|standby)");
    }

    @ParameterizedTest
    @CsvSource({"targetServerType=preferSecondary", "target_session_attrs=prefer-standby"})
    void whatIsPreferredMayBeElsewhereInTheListOrNowhere(String parameter) throws Exception {
        FakeConmgr refusing = conmgr(new Frame.Refused("08001", "no instance"));
        // A server of the other kind waits for the second walk: a conmgr that knows one comes first.
        FakeConmgr knowing = conmgr(Servers.route(0, standby()));
        try (Connection connection = connect(Way.DRIVER, parameter, address(primary()), knowing.address())) {
            assertThat(port(connection)).isEqualTo("" + standby().port());
        }
        try (Connection connection =
                connect(Way.DRIVER, parameter, refusing.address(), address(primary()), freePort())) {
            assertThat(port(connection)).isEqualTo("" + primary().port());
        }
        assertThat(refusing.applications()).hasSize(1);
        // conmgr knows best what comes closest.
        FakeConmgr onlyPrimary = conmgr(Servers.route(0, primary()));
        try (Connection connection = connect(Way.DRIVER, parameter, onlyPrimary.address(), address(standby()))) {
            assertThat(port(connection)).isEqualTo("" + primary().port());
        }
    }

    @Test
    void aPrimaryIsStillAPrimaryWhenItsSessionsAreReadOnly() throws Exception {
        String readOnly = "&options=-c%20default_transaction_read_only%3Don";
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        for (String host : List.of(conmgr.address(), address(primary()))) {
            try (Connection connection = connect(Way.DRIVER, "target_session_attrs=primary" + readOnly, host)) {
                assertThat(port(connection)).isEqualTo("" + primary().port());
            }
        }
        assertThatThrownBy(() ->
                        connect(Way.DRIVER, "targetServerType=primary&connectTimeout=1" + readOnly, address(primary())))
                .hasMessageContaining("it is not read-write");
    }

    @ParameterizedTest
    @CsvSource({"targetServerType=primary", "target_session_attrs=primary"})
    void aConmgrThatHasNotSeenAPromotionIsAskedAgain(String parameter) throws Exception {
        AtomicInteger asked = new AtomicInteger();
        FakeConmgr conmgr =
                new FakeConmgr(ask -> Servers.route(0, asked.incrementAndGet() < 4 ? standby() : primary()));
        opened.add(conmgr);
        try (Connection connection = connect(Way.DRIVER, parameter, conmgr.address())) {
            assertThat(port(connection)).isEqualTo("" + primary().port());
        }
        assertThat(asked).hasValue(4);
    }

    @Test
    void theNextConmgrMayHaveSeenThePromotion() throws Exception {
        FakeConmgr behind = conmgr(Servers.route(0, standby()));
        FakeConmgr ahead = conmgr(Servers.route(1, primary()));
        try (Connection connection =
                connect(Way.DRIVER, "targetServerType=primary", behind.address(), ahead.address())) {
            assertThat(port(connection)).isEqualTo("" + primary().port());
        }
        assertThat(behind.applications()).hasSize(1);
    }

    @Test
    void aConmgrThatNeverSeesThePromotionIsGivenUp() throws Exception {
        FakeConmgr behind = conmgr(Servers.route(3, standby()));
        long start = System.nanoTime();
        assertThatThrownBy(() -> connect(Way.DRIVER, "targetServerType=primary&connectTimeout=2", behind.address()))
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessage("no connection: instance 3 (db1.test:" + standby().port() + "): it is not read-write");
        assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(6000);
        assertThat(behind.applications()).hasSizeGreaterThan(1);
        until("all are let go", () -> behind.applications().stream().allMatch(FakeConmgr.Application::gone));
    }

    @Test
    void whatOneServerSaysIsToldAsItIs() throws Exception {
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        for (String host : List.of(conmgr.address(), address(primary()))) {
            assertThatThrownBy(() -> DriverManager.getConnection("jdbc:conmgr://" + host + "/postgres", "app", "wrong"))
                    .hasFieldOrPropertyWithValue("SQLState", "28P01")
                    .hasMessageContaining("password authentication failed");
        }
        assertThatThrownBy(() ->
                        DriverManager.getConnection("jdbc:conmgr://" + conmgr.address() + "/nowhere", "postgres", ""))
                .hasFieldOrPropertyWithValue("SQLState", "3D000");
    }

    @Test
    void aServerThatClosesInTheMidstOfTheLoginSaysSo() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> {
                try (Socket asked = server.accept()) {
                    asked.getOutputStream().write('G');
                    asked.getInputStream().readAllBytes();
                    try (Socket connected = server.accept()) {
                        connected.getInputStream().readNBytes(8);
                        connected.getOutputStream().write('N');
                        connected.getInputStream().readNBytes(8);
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            String host = "127.0.0.1:" + server.getLocalPort();
            assertThatThrownBy(() -> connect(Way.DRIVER, "", host))
                    .hasFieldOrPropertyWithValue("SQLState", "08001")
                    .satisfies(failure -> assertThat(failure.getMessage())
                            .isIn(
                                    "no connection: server " + host + ": it closed the connection",
                                    "no connection: server " + host + ": Connection reset"));
            closing.join();
        }
    }

    @Test
    void whatAllServersSayIsTheirSqlState() throws Exception {
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        String hosts = conmgr.address() + "," + address(standby());
        assertThatThrownBy(() -> DriverManager.getConnection("jdbc:conmgr://" + hosts + "/postgres", "app", "wrong"))
                .hasFieldOrPropertyWithValue("SQLState", "28P01");
        assertThatThrownBy(() -> DriverManager.getConnection(
                        "jdbc:conmgr://" + hosts + "," + freePort() + "/postgres", "app", "wrong"))
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContaining("password authentication failed")
                .hasMessageContaining("Connection refused");
    }

    @ParameterizedTest
    @EnumSource
    void pgjdbcMayTryTwice(Way way) throws Exception {
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        String url = way.url(conmgr.address(), "sslmode=prefer").replace("user=postgres", "user=plain");
        try (Connection connection = DriverManager.getConnection(url)) {
            String clientPort = value(connection, "select inet_client_port()");
            FakeConmgr.Application last = conmgr.bound(conmgr.applications().size() - 1);
            assertThat(last.gone()).isFalse();
            assertThat(last.bounds().get(last.bounds().size() - 1).port()).hasToString(clientPort);
            last.down("the end");
            until("closed", last::gone);
            assertThatThrownBy(() -> value(connection, "select 1")).hasMessageContaining("the end");
        }
        until("all are let go", () -> conmgr.applications().stream().allMatch(FakeConmgr.Application::gone));
    }

    @Test
    void aNameThatNobodyKnowsIsToldAndPassedOver() throws Exception {
        FakeConmgr unknown = conmgr(FakeConmgr.route(2, "no-such-host.invalid", "", 5432));
        assertThatThrownBy(() -> connect(Way.DRIVER, "", "nor-this.invalid:1", unknown.address()))
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContaining("nor-this.invalid:1: the name cannot be resolved; ")
                .hasMessageContaining(
                        unknown.address() + ": instance 2 (no-such-host.invalid:5432): the name cannot be resolved");
    }

    @ParameterizedTest
    @EnumSource
    void aThreadThatWasInterruptedMayConnectAndStaysInterrupted(Way way) throws Exception {
        FakeConmgr conmgr = conmgr(Servers.route(0, primary()));
        Thread.currentThread().interrupt();
        try (Connection connection = connect(way, "", conmgr.address())) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void hostsAreShuffledOnlyWhenAsked() throws Exception {
        FakeConmgr first = conmgr(Servers.route(0, primary()));
        FakeConmgr second = conmgr(Servers.route(0, primary()));
        for (int i = 0; i < 10; i++) {
            connect(Way.DRIVER, "", first.address(), second.address()).close();
        }
        assertThat(second.applications()).isEmpty();
        while (second.applications().isEmpty()) {
            assertThat(first.applications()).hasSizeLessThan(100);
            connect(Way.DRIVER, "loadBalanceHosts=true", first.address(), second.address())
                    .close();
        }
    }

    @Test
    void badParametersAreRefusedBeforeAnythingElse() {
        assertThatThrownBy(() -> connect(Way.DRIVER, "targetServerType=leader", "127.0.0.1:1"))
                .hasFieldOrPropertyWithValue("SQLState", "22023")
                .hasMessageStartingWith("targetServerType: leader (expected: any, primary");
        assertThatThrownBy(() -> connect(Way.DRIVER, "socketFactory=com.acme.Socks", "127.0.0.1:1"))
                .hasFieldOrPropertyWithValue("SQLState", "22023")
                .hasMessage("socketFactory: com.acme.Socks (expected: none with jdbc:conmgr: URLs)");
        assertThatThrownBy(() -> connect(Way.DRIVER, "", "127.0.0.1:99999"))
                .hasFieldOrPropertyWithValue("SQLState", "22023");
        SQLException failure =
                catchThrowableOfType(SQLException.class, () -> connect(Way.FACTORY, "conmgrLoss=never", "127.0.0.1:1"));
        assertThat(Servers.chain(failure)).contains("conmgrLoss: never (expected: close or keep)");
    }

    @Test
    void otherUrlsAreOthers() throws Exception {
        assertThat(new ConmgrDriver().connect("jdbc:postgresql://127.0.0.1/postgres", null))
                .isNull();
        assertThat(new ConmgrDriver().acceptsURL("jdbc:postgresql://127.0.0.1/postgres"))
                .isFalse();
        assertThat(new ConmgrDriver().acceptsURL("jdbc:conmgr://127.0.0.1/postgres"))
                .isTrue();
    }
}
