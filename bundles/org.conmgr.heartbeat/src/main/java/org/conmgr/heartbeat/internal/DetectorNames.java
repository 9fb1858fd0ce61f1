package org.conmgr.heartbeat.internal;

import java.util.regex.Pattern;
import org.conmgr.api.setting.InvalidSetting;

/**
 * Which failure detectors are wanted.
 *
 * @param acting failure_detector
 * @param shadow shadow_failure_detector; empty for none
 */
record DetectorNames(String acting, String shadow) {
    static final DetectorNames DEFAULT = new DetectorNames(FixedTimeout.NAME, "");

    private static final Pattern NAME = Pattern.compile("[a-z0-9]+([-.][a-z0-9]+)*");

    static DetectorNames of(HeartbeatConfig config) {
        String shadow = config.shadow__failure__detector().strip();
        return new DetectorNames(
                name("failure_detector", config.failure__detector().strip()),
                shadow.isEmpty() ? shadow : name("shadow_failure_detector", shadow));
    }

    private static String name(String key, String text) {
        if (!NAME.matcher(text).matches()) {
            throw new InvalidSetting(key, text, "the name of a failure detector");
        }
        return text;
    }
}
