package org.conmgr.api.setting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "' 7 ', 7", "007, 7", "-3, -3", "2147483647, 2147483647"})
    void integers(String text, int value) {
        assertThat(Setting.integer("key", text, -3, Integer.MAX_VALUE)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "+5", "5.0", "0x5", "1e3", "\u0665", "2147483648", "-4", "--1", "1 2"})
    void aSequenceOfDecimalDigitsAndNothingElse(String text) {
        assertThatThrownBy(() -> Setting.integer("key", text, -3, Integer.MAX_VALUE))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage("key: " + (text.isEmpty() ? "''" : text) + " (expected: an integer >= -3)");
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.0.0.1",
        "[::1], ::1",
        "' ::1 ', ::1",
        "2001:DB8::1, 2001:db8::1",
        "::ffff:10.0.0.1, 10.0.0.1"
    })
    void literalAddresses(String text, String same) throws UnknownHostException {
        assertThat(Objects.requireNonNull(Setting.address("key", text))).isEqualTo(InetAddress.getByName(same));
    }

    @Test
    void aBlankAddressIsNone() {
        assertThat(Setting.address("key", "  ")).isNull();
    }

    /** Leading zeros mean octal to some and decimal to others; what is not a literal must not reach a name server. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "10.0.0",
                "10.0.0.256",
                "10.0.0.01",
                "1.2.3.4.",
                "167772161",
                ":::::",
                "fe80::1::2",
                "cafe:",
                "[10.0.0.1]",
                "[::1",
                "::1%nosuchinterface"
            })
    void whatIsNoLiteralAddress(String text) {
        assertThatThrownBy(() -> Setting.address("key", text))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage("key: " + text + " (expected: an IPv4 or IPv6 address, not a name)");
    }

    @ParameterizedTest
    @CsvSource({"200ms, 200ms", "2000ms, 2s", "120s, 2min", "90s, 90s", "1h, 60min", "0, 0ms", "7, 7s"})
    void timesAreShownInTheLargestUnitThatIsExact(String text, String shown) {
        assertThat(Setting.text(Setting.time("key", text, TimeUnit.SECONDS, Duration.ZERO)))
                .isEqualTo(shown);
    }
}
