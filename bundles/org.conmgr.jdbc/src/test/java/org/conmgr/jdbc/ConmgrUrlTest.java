package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConmgrUrlTest {
    @Test
    void readsHostsInTheOrderListedWithTheirPorts() throws SQLException {
        ConmgrUrl url = ConmgrUrl.parse("jdbc:conmgr://cm1,cm2:6000,[::1],[fe80::2]:7000,10.0.0.1/db");
        assertThat(url.hosts())
                .containsExactly(
                        new Endpoint("cm1", 27546),
                        new Endpoint("cm2", 6000),
                        new Endpoint("::1", 27546),
                        new Endpoint("fe80::2", 7000),
                        new Endpoint("10.0.0.1", 27546));
        assertThat(url.asPostgres())
                .isEqualTo("jdbc:postgresql://cm1:27546,cm2:6000,[::1]:27546,[fe80::2]:7000,10.0.0.1:27546/db");
    }

    @Test
    void readsParametersAsPgjdbcDoes() throws SQLException {
        ConmgrUrl url = ConmgrUrl.parse("jdbc:conmgr://cm/my%20db?options=-c%20a%3Db+x&ssl&user=a&user=b&");
        assertThat(url.database()).isEqualTo("my%20db");
        assertThat(url.parameters())
                .containsEntry("options", "-c a=b x")
                .containsEntry("ssl", "")
                .containsEntry("user", "b")
                .hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdbc:conmgr://cm/", "jdbc:conmgr://cm", "jdbc:conmgr://cm?a=b"})
    void doesWithoutADatabase(String url) throws SQLException {
        assertThat(ConmgrUrl.parse(url).database()).isEmpty();
        assertThat(ConmgrUrl.parse(url).hosts()).containsExactly(new Endpoint("cm", 27546));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            jdbc:conmgr:db              | URL: jdbc:conmgr:db (expected: jdbc:conmgr://host:port/database)
            jdbc:conmgr:///db           | host: empty (expected: a host name or an address)
            jdbc:conmgr://a,,b/db       | host: empty (expected: a host name or an address)
            jdbc:conmgr://a,/db         | host: empty (expected: a host name or an address)
            jdbc:conmgr://:5/db         | host: :5 (expected: a host name or an address)
            jdbc:conmgr://a:0/db        | port of a:0: 0 (expected: 1 to 65535)
            jdbc:conmgr://a:65536/db    | port of a:65536: 65536 (expected: 1 to 65535)
            jdbc:conmgr://a:x/db        | port of a:x: x (expected: 1 to 65535)
            jdbc:conmgr://a:/db         | port of a:: empty (expected: 1 to 65535)
            jdbc:conmgr://a:-1/db       | port of a:-1: -1 (expected: 1 to 65535)
            jdbc:conmgr://::1/db        | host: ::1 (expected: a host name or an address)
            jdbc:conmgr://fe80::1/db    | port of fe80::1: :1 (expected: 1 to 65535; an IPv6 address stands in brackets, as in [::1]:27546)
            jdbc:conmgr://[::1/db       | port of [::1: :1 (expected: 1 to 65535; an IPv6 address stands in brackets, as in [::1]:27546)
            jdbc:conmgr://a[::1]:5/db   | host: a[::1]:5 (expected: an IPv6 address in brackets, as in [::1]:27546)
            jdbc:conmgr://[::1]x:5/db   | host: [::1]x:5 (expected: an IPv6 address in brackets, as in [::1]:27546)
            jdbc:conmgr://a/db?x=%zz    | x: not decodable (expected: percent-encoded UTF-8)
            """)
    void tellsWhatIsWrong(String url, String message) {
        assertThatThrownBy(() -> ConmgrUrl.parse(url))
                .isInstanceOf(SQLException.class)
                .hasMessage(message)
                .hasFieldOrPropertyWithValue("SQLState", "22023");
    }
}
