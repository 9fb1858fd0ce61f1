package org.conmgr.detector.phi.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.log.Message;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.RecordingLog;
import org.conmgr.testkit.ShippedSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PhiComponentTest {
    private final List<FailureDetector> offered = new ArrayList<>();
    private final RecordingLog log = new RecordingLog();

    private static PhiConfig config(Map<String, String> settings) {
        return Configs.of(PhiConfig.class, settings);
    }

    private PhiComponent component(Map<String, String> settings) {
        return new PhiComponent(config(settings), log, detector -> {
            offered.add(detector);
            return () -> offered.remove(detector);
        });
    }

    @Test
    void isOfferedWhileItIsThere() {
        try (PhiComponent component = component(Map.of("threshold", "12.5"))) {
            assertThat(component).isNotNull();
            assertThat(offered).singleElement().satisfies(detector -> assertThat(detector.name())
                    .isEqualTo("phi"));
        }
        assertThat(offered).isEmpty();
        assertThat(log.messages()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "threshold | 0.5 | threshold: 0.5 (expected: a number from 1 to 100)",
                "threshold | eight | threshold: eight (expected: a number from 1 to 100)",
                "min.deviation | 0 | min_deviation: 0 (expected: a time >= 1ms: a whole number with ms, s, min, h or d; a bare number is in seconds)",
                "samples | 3 | samples: 3 (expected: an integer from 10 to 10000)"
            })
    void badSettingsAreSaidOnceAndOfferNothing(String key, String value, String message) {
        try (PhiComponent component = component(Map.of(key.replace('.', '_'), value))) {
            assertThat(component).isNotNull();
            assertThat(offered).isEmpty();
            assertThat(log.texts(Message.INVALID_SETTING)).containsExactly(PhiSettings.PID + ": " + message);
        }
    }

    @Test
    void anEditThatDoesNotFitWithdrawsNothing() {
        try (PhiComponent component = component(Map.of("threshold", "8"))) {
            FailureDetector first = offered.get(0);
            component.modified(config(Map.of("threshold", "eight")));
            assertThat(offered).containsExactly(first);
            assertThat(log.messages(Message.INVALID_SETTING)).hasSize(1);
            component.modified(config(Map.of("threshold", "12.5")));
            assertThat(offered).singleElement().isNotSameAs(first);
        }
        assertThat(offered).isEmpty();
    }

    @Test
    void theShippedFileSaysWhatTheSettingsSay() {
        ShippedSettings.check(PhiSettings.PID, PhiConfig.class);
    }
}
