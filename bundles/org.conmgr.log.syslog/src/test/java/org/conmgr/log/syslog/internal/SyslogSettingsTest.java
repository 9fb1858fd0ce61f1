package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.ShippedSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyslogSettingsTest {
    private static SyslogSettings of(String key, String value) {
        return SyslogSettings.of(Configs.of(SyslogConfiguration.class, Map.of(key, value)));
    }

    @Test
    void theDefaultsAreTheGuides() {
        assertThat(SyslogSettings.of(Configs.of(SyslogConfiguration.class, Map.of())))
                .isEqualTo(new SyslogSettings(Facility.LOCAL0, "conmgr", Path.of("/dev/log"), null, List.of()));
    }

    @Test
    void theShippedFileShowsEverySetting() {
        ShippedSettings.check(SyslogSink.PID, SyslogConfiguration.class);
    }

    @Test
    void takesEveryFacility() {
        for (Facility facility : Facility.values()) {
            assertThat(of("syslog_facility", facility.name()).facility()).isEqualTo(facility);
        }
        assertThat(of("syslog_facility", "local3").facility()).isEqualTo(Facility.LOCAL3);
    }

    @ParameterizedTest
    @CsvSource({
        "udp://log.example.org:1514, UDP, log.example.org, 1514",
        "udp://10.0.0.1, UDP, 10.0.0.1, 514",
        "TCP://log, TCP, log, 514",
        "tls://log, TLS, log, 6514",
        "tls://[2001:db8::1]:7514, TLS, 2001:db8::1, 7514"
    })
    void takesAServer(String text, SyslogServer.Protocol protocol, String host, int port) {
        assertThat(of("syslog_server", text).server()).isEqualTo(new SyslogServer(protocol, host, port));
    }

    @Test
    void aServerReadsAsItWasWritten() {
        assertThat(new SyslogServer(SyslogServer.Protocol.TLS, "2001:db8::1", 6514))
                .hasToString("tls://[2001:db8::1]:6514");
        assertThat(new SyslogServer(SyslogServer.Protocol.UDP, "log", 514)).hasToString("udp://log:514");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "log:514",
                "http://log:514",
                "udp://",
                "udp:///",
                "udp://log/x",
                "udp://log:0",
                "udp://log:70000",
                "udp://me@log",
                "udp://log?x",
                "udp://log#x",
                "//log",
                "udp://a b"
            })
    void refusesWhatIsNoServer(String text) {
        assertThatThrownBy(() -> of("syslog_server", text))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage(
                        "syslog_server: " + text + " (expected: udp://host:514, tcp://host:514 or tls://host:6514)");
    }

    @Test
    void refusesAFacilityThatIsNotLocal() {
        assertThatThrownBy(() -> of("syslog_facility", "LOCAL8"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("one of LOCAL0, LOCAL1,");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "my conmgr", "a:b", "a[1]", "käse", "x\ny"})
    void refusesAnIdentThatDoesNotFitATag(String text) {
        assertThatThrownBy(() -> of("syslog_ident", text))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageStartingWith("syslog_ident: ");
    }

    @Test
    void refusesAFileOfCertificatesThatHasNone(@TempDir Path directory) throws IOException {
        Path missing = directory.resolve("missing.pem");
        Path empty = Files.createFile(directory.resolve("empty.pem"));
        Path rubbish = Files.writeString(directory.resolve("rubbish.pem"), "-----BEGIN CERTIFICATE-----\nrubbish\n");

        for (Path file : List.of(missing, empty, rubbish)) {
            assertThatThrownBy(() -> of("syslog_ca_file", file.toString()))
                    .isInstanceOf(InvalidSetting.class)
                    .hasMessageStartingWith("syslog_ca_file: " + file + " (expected: a PEM file of certificates");
        }
    }

    @Test
    void refusesAnEmptyPath() {
        assertThatThrownBy(() -> of("syslog_path", " "))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("the path of a socket");
    }
}
