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
        "url, 'jdbc:postgresql://h/db?password=x,y;z w', jdbc:postgresql://h/db?password=********",
        "url, 'jdbc:postgresql://h/db?sslpassword=x,y;z w&ssl=on', jdbc:postgresql://h/db?sslpassword=********&ssl=on",
        "url, jdbc:postgresql:db?password=x;y, jdbc:postgresql:db?password=********",
        "url, jdbc:postgresql://u:x@y@h/db, jdbc:postgresql://********@h/db",
        "url, jdbc:postgresql://u:x/y@h/db, jdbc:postgresql://********@h/db",
        "url, jdbc:postgresql://u:x?y@h/db, jdbc:postgresql://********@h/db",
        "url, jdbc:postgresql://h/db?user=u@x&ssl=on, jdbc:postgresql://h/db?user=u@x&ssl=on",
        "properties, 'sslpassword=x;y z&w, a=b', 'sslpassword=********, a=b'",
        "properties, 'sslpassword=x, a=b', 'sslpassword=********, a=b'"
    })
    void showsNoSecret(String name, String value, String shown) {
        assertThat(SettingsInForce.shown(name, value)).isEqualTo(shown);
    }

    @Test
    void showsListsAndArrays() {
        assertThat(SettingsInForce.shown("a", new int[] {1, 2})).isEqualTo("1, 2");
        assertThat(SettingsInForce.shown("a", List.of("x", "y"))).isEqualTo("x, y");
        assertThat(SettingsInForce.shown("a", List.of("jdbc:postgresql:d?password=x,y", "b=c")))
                .isEqualTo("jdbc:postgresql:d?password=********, b=c");
    }
}
