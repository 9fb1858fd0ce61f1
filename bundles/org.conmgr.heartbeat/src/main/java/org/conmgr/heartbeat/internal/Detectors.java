package org.conmgr.heartbeat.internal;

import java.util.List;
import java.util.TreeSet;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.jspecify.annotations.Nullable;

/**
 * Finds the failure detectors that the settings name among those there are. One that is missing is reported once, and
 * again when it was there meanwhile. Guarded by its owner.
 */
final class Detectors {
    private final MessageLog log;
    private String actingMissing = "";
    private String shadowMissing = "";

    Detectors(MessageLog log) {
        this.log = log;
    }

    Detection find(DetectorNames names, List<FailureDetector> there) {
        FailureDetector acting = names.acting().equals(FixedTimeout.NAME) ? null : find(names.acting(), there);
        boolean missing = acting == null && !names.acting().equals(FixedTimeout.NAME);
        actingMissing = report("failure_detector", names.acting(), missing, actingMissing, there);
        FailureDetector shadow = names.shadow().isEmpty() ? null : find(names.shadow(), there);
        missing = shadow == null && !names.shadow().isEmpty();
        shadowMissing = report("shadow_failure_detector", names.shadow(), missing, shadowMissing, there);
        return new Detection(acting, shadow);
    }

    private static @Nullable FailureDetector find(String name, List<FailureDetector> there) {
        for (FailureDetector detector : there) {
            if (detector.name().equals(name)) {
                return detector;
            }
        }
        return null;
    }

    private String report(String key, String name, boolean missing, String reported, List<FailureDetector> there) {
        if (!missing) {
            return "";
        }
        if (!name.equals(reported)) {
            TreeSet<String> known = new TreeSet<>(List.of(FixedTimeout.NAME));
            there.forEach(detector -> known.add(detector.name()));
            log.log(Message.DETECTOR_MISSING, key, name, String.join(", ", known));
        }
        return name;
    }
}
