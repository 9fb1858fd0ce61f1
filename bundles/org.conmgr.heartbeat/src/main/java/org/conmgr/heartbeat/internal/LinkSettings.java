package org.conmgr.heartbeat.internal;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.jspecify.annotations.Nullable;

/**
 * PID {@code org.conmgr.heartbeat}, validated.
 *
 * @param interval heartbeat_interval
 * @param timeout heartbeat_timeout
 * @param connectInterval heartbeat_connect_interval
 * @param connectTimeout heartbeat_connect_timeout
 * @param restartGrace restart_grace
 * @param name conmgr_name
 * @param localAddress local_address; null to let the system choose
 */
record LinkSettings(
        Duration interval,
        Duration timeout,
        Duration connectInterval,
        Duration connectTimeout,
        Duration restartGrace,
        String name,
        @Nullable InetAddress localAddress) {
    /** The shortest time that makes sense to the timers; the guide's unit of one second is the shortest without a unit. */
    private static final Duration MIN = Duration.ofMillis(10);

    static LinkSettings of(HeartbeatConfig config, String hostName) {
        String name = config.conmgr__name().strip();
        if (name.length() > 255) {
            throw new InvalidSetting("conmgr_name", name, "at most 255 characters");
        }
        return new LinkSettings(
                time("heartbeat_interval", config.heartbeat__interval()),
                time("heartbeat_timeout", config.heartbeat__timeout()),
                time("heartbeat_connect_interval", config.heartbeat__connect__interval()),
                time("heartbeat_connect_timeout", config.heartbeat__connect__timeout()),
                time("restart_grace", config.restart__grace(), Duration.ZERO),
                name.isEmpty() ? hostName : name,
                Setting.address("local_address", config.local__address()));
    }

    private static Duration time(String key, String text) {
        return time(key, text, MIN);
    }

    private static Duration time(String key, String text, Duration min) {
        Duration value = Setting.time(key, text, TimeUnit.SECONDS, min);
        if (value.toMillis() > Integer.MAX_VALUE) {
            throw new InvalidSetting(key, text, "at most 24 days");
        }
        return value;
    }

    Timing timing() {
        return Timing.of(interval, timeout);
    }
}
