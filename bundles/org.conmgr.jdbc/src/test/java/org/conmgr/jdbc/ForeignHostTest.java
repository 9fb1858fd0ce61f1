package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.value;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.conmgr.jdbc.Servers.Way;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No text that comes from elsewhere becomes a parameter of the connection. */
class ForeignHostTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** What pgjdbc would read as a host, a database and parameters, which count more than the application's. */
    private static final String HOST = "evil/db?sslmode=disable&x=";

    /** Somebody else's server, at the address that goes with the name. */
    private ServerSocketChannel elsewhere;

    @BeforeEach
    void listen() throws IOException {
        elsewhere = ServerSocketChannel.open().bind(new InetSocketAddress(LOOPBACK, 0));
        elsewhere.configureBlocking(false);
    }

    @AfterEach
    void close() throws IOException {
        elsewhere.close();
    }

    private int port() {
        return elsewhere.socket().getLocalPort();
    }

    @ParameterizedTest
    @EnumSource
    void aHostThatBringsParametersIsNotConnectedTo(Way way) throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(FakeConmgr.route(0, HOST, LOOPBACK.getHostAddress(), port()))) {
            String url = way.url(conmgr.address(), "password=secret&sslmode=verify-full&connectTimeout=1");
            SQLException failure = catchThrowableOfType(SQLException.class, () -> DriverManager.getConnection(url));
            assertThat(elsewhere.accept()).as("a connection to the address").isNull();
            assertThat(failure.getSQLState()).isEqualTo("08001");
            assertThat(Servers.chain(failure))
                    .contains(conmgr.address() + ": an answer that cannot be read: host: " + HOST
                            + " (expected: a host name or an address)");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theNextHostOfTheListIsTried(Way way) throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(FakeConmgr.route(0, HOST, LOOPBACK.getHostAddress(), port()));
                FakeConmgr next = FakeConmgr.routing(Servers.route(0, primary()));
                Connection connection = DriverManager.getConnection(
                        way.url(conmgr.address() + "," + next.address(), "connectTimeout=5"))) {
            assertThat(value(connection, "select inet_server_port()"))
                    .isEqualTo("" + primary().port());
            assertThat(elsewhere.accept()).as("a connection to the address").isNull();
        }
    }

    @Test
    void aUrlThatPgjdbcReadsOtherwiseIsNotUsed() throws Exception {
        Properties properties = new Properties();
        Settings settings = Settings.of(properties);
        Session session = Session.direct(new Endpoint(HOST, port()), List.of(LOOPBACK));
        Login login = new Login("postgres", settings, properties);
        assertThatThrownBy(() -> login.at(session, Target.ANY, Deadline.afterMillis(1000), true))
                .isInstanceOf(SQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessage("pgjdbc does not take " + HOST + ":" + port());
        assertThat(elsewhere.accept()).as("a connection to the address").isNull();
    }

    @Test
    void aDatabaseMayHaveAnyName() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            String url = "jdbc:conmgr://" + conmgr.address()
                    + "/a%3Fb%2Fc%26sslmode%3Ddisable%23d?user=postgres&sslmode=require";
            assertThatThrownBy(() -> DriverManager.getConnection(url))
                    .isInstanceOf(SQLException.class)
                    .hasFieldOrPropertyWithValue("SQLState", "3D000")
                    .hasMessageContaining("\"a?b/c&sslmode=disable#d\"");
        }
    }
}
