package org.conmgr.log.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.conmgr.api.log.Severity;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.testkit.ShippedSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogSettingsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "stderr,syslog",
                "'stderr,syslog'",
                "\"stderr,syslog\"",
                " ' stderr , syslog ' ",
                "'stderr','syslog'",
                "STDERR, Syslog",
                "syslog,stderr,syslog",
            })
    void takesAListInEveryWriting(String text) {
        assertThat(LogSettings.of(text, "", "WARNING").destinations()).isEqualTo(Set.of("stderr", "syslog"));
    }

    @Test
    void theShippedFileShowsEverySetting() {
        ShippedSettings.check(LogSettingsSource.PID, LogConfiguration.class);
    }

    @Test
    void takesOneDestination() {
        assertThat(LogSettings.of("eventlog", "", "panic"))
                .isEqualTo(new LogSettings(Set.of("eventlog"), Set.of(), Severity.PANIC));
    }

    @Test
    void takesDestinationsThatAConmgrConfCannotName() {
        LogSettings settings = LogSettings.of("syslog", "'Kafka', mail", "WARNING");
        assertThat(settings.destinations()).containsExactly("syslog");
        assertThat(settings.more()).containsExactlyInAnyOrder("kafka", "mail");
        assertThat(settings.all()).containsExactlyInAnyOrder("syslog", "kafka", "mail");
        assertThat(LogSettings.of("stderr", " ", "WARNING")).isEqualTo(LogSettings.DEFAULTS);
        assertThatThrownBy(() -> LogSettings.of("stderr", "a b", "WARNING"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageStartingWith("more_destinations: a b (expected: ");
    }

    @Test
    void theSourceGivesTheShippedDefaults() {
        assertThat(new LogSettingsSource("stderr", "", "WARNING").read()).isEqualTo(LogSettings.DEFAULTS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "''", "stderr,", ",", "std err", "stderr syslog", "'stderr", "stderr;syslog", "ß"})
    void refusesWhatIsNoList(String text) {
        assertThatThrownBy(() -> LogSettings.of(text, "", "WARNING"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageStartingWith("log_destination: ")
                .hasMessageEndingWith(" (expected: a list of destinations, as in stderr,syslog)");
    }

    @Test
    void refusesAnUnknownSeverity() {
        assertThatThrownBy(() -> LogSettings.of("stderr", "", "LOUD"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageStartingWith("log_min_messages: LOUD (expected: one of DEBUG, INFO,");
    }
}
