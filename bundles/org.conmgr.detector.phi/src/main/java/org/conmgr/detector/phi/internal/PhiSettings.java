package org.conmgr.detector.phi.internal;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;

/**
 * PID {@code org.conmgr.detector.phi}, validated.
 *
 * @param threshold the φ at which a peer is given up
 * @param minDeviation the least σ
 * @param acceptablePause added to μ
 * @param samples how many beats are remembered
 */
record PhiSettings(double threshold, Duration minDeviation, Duration acceptablePause, int samples) {
    static final String PID = "org.conmgr.detector.phi";

    private static final int MAX_THRESHOLD = 100;

    static PhiSettings of(PhiConfig config) {
        return new PhiSettings(
                threshold(config.threshold()),
                Setting.time("min_deviation", config.min__deviation(), TimeUnit.SECONDS, Duration.ofMillis(1)),
                Setting.time("acceptable_pause", config.acceptable__pause(), TimeUnit.SECONDS, Duration.ZERO),
                Setting.integer("samples", config.samples(), 10, 10_000));
    }

    private static double threshold(String text) {
        try {
            double value = new BigDecimal(text.strip()).doubleValue();
            if (value >= 1 && value <= MAX_THRESHOLD) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new InvalidSetting("threshold", text, "a number from 1 to " + MAX_THRESHOLD);
        }
        throw new InvalidSetting("threshold", text, "a number from 1 to " + MAX_THRESHOLD);
    }
}
