package org.conmgr.heartbeat.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** The validated PID {@code org.conmgr.heartbeat} as an internal service, apart from the links, which outlive it. */
@Component(service = HeartbeatSettings.class, configurationPid = "org.conmgr.heartbeat")
@Designate(ocd = HeartbeatConfig.class)
public final class HeartbeatSettings {
    private final @Nullable LinkSettings settings;
    private final DetectorNames detectors;

    @Activate
    public HeartbeatSettings(HeartbeatConfig config, @Reference MessageLog log) {
        this(config, hostName(), log);
    }

    HeartbeatSettings(HeartbeatConfig config, String hostName, MessageLog log) {
        settings = read(config, hostName, log);
        detectors = settings == null ? DetectorNames.DEFAULT : DetectorNames.of(config);
    }

    /** Null when they are not valid; that has been logged. */
    @Nullable
    LinkSettings settings() {
        return settings;
    }

    /** The default when {@link #settings} are not valid. */
    DetectorNames detectors() {
        return detectors;
    }

    private static @Nullable LinkSettings read(HeartbeatConfig config, String hostName, MessageLog log) {
        try {
            LinkSettings settings = LinkSettings.of(config, hostName);
            DetectorNames.of(config);
            if (settings.timeout().compareTo(settings.interval()) <= 0) {
                log.log(
                        Message.TIMEOUT_NOT_ABOVE_INTERVAL,
                        Setting.text(settings.timeout()),
                        Setting.text(settings.interval()));
            }
            return settings;
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, "org.conmgr.heartbeat", e.getMessage());
            return null;
        }
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unnamed"; // A host without a name of its own; the watchdog shows its address anyway.
        }
    }
}
