package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsInForceTest {
    @ParameterizedTest
    @CsvSource({
        "port, 27546, 27546",
        "heartbeat_interval, 200ms, 200ms",
        "password, x, ********",
        "password, '', ''",
        "sslPassword, x, ********",
        "shared_secret, x, ********",
        "key, x, ********",
        "auth.key, x, ********",
        "private_key, x, ********",
        "passfile, /etc/pw, /etc/pw",
        "secret_file, /etc/s, /etc/s",
        "url, jdbc:postgresql://h/db?user=u&password=x&ssl=on, jdbc:postgresql://h/db?user=u&password=********&ssl=on",
        "url, jdbc:postgresql://u:x@h/db, jdbc:postgresql://********@h/db",
        "properties, 'sslpassword=x, a=b', 'sslpassword=********, a=b'"
    })
    void showsNoSecret(String name, String value, String shown) {
        assertThat(SettingsInForce.shown(name, value)).isEqualTo(shown);
    }

    @Test
    void showsListsAndArrays() {
        assertThat(SettingsInForce.shown("a", new int[] {1, 2})).isEqualTo("1, 2");
        assertThat(SettingsInForce.shown("a", List.of("x", "y"))).isEqualTo("x, y");
    }
}
