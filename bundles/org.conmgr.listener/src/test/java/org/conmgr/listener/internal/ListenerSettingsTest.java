package org.conmgr.listener.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.testkit.Configs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenerSettingsTest {
    private static final Path SHIPPED = Path.of("..", "..", "etc", Listener.PID + ".cfg");

    @Test
    void theDefaultsAreTheGuides() {
        ListenerSettings settings = ListenerSettings.of(Configs.of(ListenerConfig.class, Map.of()));

        assertThat(settings.addresses()).contains(new InetSocketAddress(NetUtil.LOCALHOST4, 27546));
        assertThat(settings.addresses())
                .allSatisfy(address ->
                        assertThat(address.getAddress().isLoopbackAddress()).isTrue());
        assertThat(settings.maxConnections()).isZero();
        assertThat(settings.authenticationTimeout()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void readsAListOfAddresses() {
        ListenerSettings settings = ListenerSettings.of(config("5432", "10", " 127.0.0.1, ::1 ,192.0.2.7", "2"));

        assertThat(settings.addresses())
                .containsExactlyInAnyOrder(
                        new InetSocketAddress(NetUtil.LOCALHOST4, 5432),
                        new InetSocketAddress(NetUtil.LOCALHOST6, 5432),
                        new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString("192.0.2.7"), 5432));
        assertThat(settings.maxConnections()).isEqualTo(10);
        assertThat(settings.authenticationTimeout()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void aStarMeansEveryAddressOnce() {
        ListenerSettings settings = ListenerSettings.of(config("5432", "0", "127.0.0.1,*", "60s"));

        assertThat(settings.addresses()).containsExactly(new InetSocketAddress(5432));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "0 | 0 | * | 60s | port: 0 (expected: an integer from 1 to 65535)",
                "65536 | 0 | * | 60s | port: 65536 (expected: an integer from 1 to 65535)",
                "1 | -1 | * | 60s | max_connections: -1 (expected: an integer >= 0)",
                "1 | many | * | 60s | max_connections: many (expected: an integer >= 0)",
                "1 | 0 | db1 | 60s | listen_addresses: db1 (expected: localhost, IP addresses, or *; separated by commas)",
                "1 | 0 | 0.0.0.0 | 60s | listen_addresses: 0.0.0.0 (expected: localhost, IP addresses, or *; separated by commas)",
                "1 | 0 | \"::1,\" | 60s | listen_addresses: ::1, (expected: localhost, IP addresses, or *; separated by commas)",
                "1 | 0 | * | 0 | authentication_timeout: 0 (expected: a time >= 1ms: a whole number with ms, s, min, h or d; a bare number is in seconds)",
            })
    void saysWhichSettingIsWrong(String port, String max, String addresses, String timeout, String message) {
        assertThatThrownBy(() -> ListenerSettings.of(config(port, max, addresses, timeout)))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage(message);
    }

    @Test
    void noAddressIsToListenNowhere() {
        assertThat(ListenerSettings.of(config("27546", "0", " ", "60s")).addresses())
                .isEmpty();
    }

    @Test
    void theShippedFileHasEveryKeyAtItsDefaultWithItsSentence() throws IOException {
        String metatype;
        try (InputStream in = ListenerConfig.class.getResourceAsStream("/OSGI-INF/metatype/" + Listener.PID + ".xml")) {
            metatype = new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
        }
        List<String> lines = Files.readAllLines(SHIPPED);

        assertThat(lines).allSatisfy(line -> assertThat(line).matches("(#.*)?"));
        assertThat(lines)
                .filteredOn(line -> line.matches("#[a-z].*"))
                .containsExactlyInAnyOrderElementsOf(Configs.defaults(ListenerConfig.class).entrySet().stream()
                        .map(setting -> "#" + setting.getKey() + " = " + setting.getValue())
                        .toList())
                .allSatisfy(line -> assertThat(metatype)
                        .contains("description=\""
                                + lines.get(lines.indexOf(line) - 1).substring(2) + "\""));
    }

    private static ListenerConfig config(String port, String maxConnections, String addresses, String timeout) {
        return Configs.of(
                ListenerConfig.class,
                Map.of(
                        "port", port,
                        "max_connections", maxConnections,
                        "listen_addresses", addresses,
                        "authentication_timeout", timeout));
    }
}
