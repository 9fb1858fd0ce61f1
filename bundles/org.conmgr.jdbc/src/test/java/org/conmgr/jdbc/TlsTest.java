package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.conmgr.jdbc.Servers.CERTIFICATE;
import static org.conmgr.jdbc.Servers.address;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.standby;
import static org.conmgr.jdbc.Servers.value;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.conmgr.jdbc.Servers.Way;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS checks the instance's name, whatever address was connected to. */
class TlsTest {
    private static final String VERIFY_FULL = "sslmode=verify-full&sslrootcert="
            + URLEncoder.encode(CERTIFICATE.certificate().toString(), StandardCharsets.UTF_8);

    private static String tls(Connection connection) throws SQLException {
        return value(connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    }

    @ParameterizedTest
    @EnumSource
    void theNameOfTheInstanceIsCheckedWithoutBeingResolved(Way way) throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()));
                Connection connection = way.connect(conmgr, VERIFY_FULL)) {
            assertThat(tls(connection)).isEqualTo("t");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCertificateOfAnotherNameIsRefused(Way way) throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(
                FakeConmgr.route(0, "db2.test", "127.0.0.1", primary().port()))) {
            assertThatThrownBy(() -> way.connect(conmgr, VERIFY_FULL))
                    .satisfies(failure ->
                            assertThat(Servers.chain(failure)).containsAnyOf("db2.test", "could not be verified"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aServerOfTheListIsCheckedByItsOwnName(Way way) {
        assertThatThrownBy(() -> DriverManager.getConnection(way.url(address(primary()), VERIFY_FULL)))
                .satisfies(failure -> assertThat(Servers.chain(failure)).contains("could not be verified"));
    }

    @ParameterizedTest
    @EnumSource
    void theNameIsThatOfTheHostThatWasReached(Way way) throws Exception {
        try (FakeConmgr wrong = FakeConmgr.routing(
                        FakeConmgr.route(0, "db2.test", "127.0.0.1", standby().port()));
                FakeConmgr right = FakeConmgr.routing(Servers.route(1, primary()));
                Connection connection =
                        DriverManager.getConnection(way.url(wrong.address() + "," + right.address(), VERIFY_FULL))) {
            assertThat(value(connection, "select inet_server_port()"))
                    .isEqualTo("" + primary().port());
        }
    }

    @Test
    void anotherVerifierOfTheApplicationStays() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            assertThatThrownBy(() -> Way.FACTORY.connect(
                            conmgr,
                            VERIFY_FULL + "&sslhostnameverifier="
                                    + org.postgresql.ssl.PGjdbcHostnameVerifier.class.getName()))
                    .satisfies(failure -> assertThat(Servers.chain(failure)).contains("127.0.0.1"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void tlsWithoutNegotiationIsPossible(Way way) throws Exception {
        // PostgreSQL 17 and later.
        assertThat(Integer.parseInt(String.valueOf(primary().query("show server_version_num"))))
                .isGreaterThanOrEqualTo(170000);
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()));
                Connection connection = way.connect(conmgr, VERIFY_FULL + "&sslNegotiation=direct")) {
            assertThat(tls(connection)).isEqualTo("t");
        }
    }

    @ParameterizedTest
    @EnumSource
    void channelBindingIsPossible(Way way) throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            String url = way.url(conmgr.address(), "sslmode=require&channelBinding=require&password=right")
                    .replace("user=postgres", "user=app");
            try (Connection connection = DriverManager.getConnection(url)) {
                assertThat(tls(connection)).isEqualTo("t");
            }
        }
    }
}
