package org.conmgr.heartbeat.internal;

import java.net.InetAddress;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * One configured instance, as an internal service that {@link ConmgrLinks} collects. It can be modified in place, so
 * that writing the same values again does not end the connections to the instance.
 */
@Component(
        service = InstanceDefinition.class,
        configurationPid = InstanceDefinition.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = InstanceConfig.class, factory = true)
public final class InstanceDefinition {
    static final String PID = "org.conmgr.instance";

    private static final Pattern NUMBERED = Pattern.compile(Pattern.quote(PID) + "~([0-9]+)");

    private final String pid;
    private volatile InstanceConfig config;

    @Activate
    public InstanceDefinition(InstanceConfig config, Map<String, Object> properties) {
        this(String.valueOf(properties.get("service.pid")), config);
    }

    InstanceDefinition(String pid, InstanceConfig config) {
        this.pid = pid;
        this.config = config;
    }

    @Modified
    void modified(InstanceConfig changed) {
        config = changed;
    }

    String pid() {
        return pid;
    }

    /**
     * The validated values.
     *
     * @throws InvalidSetting naming the first key that does not fit
     */
    ConfiguredInstance instance() {
        Matcher matcher = NUMBERED.matcher(pid);
        if (!matcher.matches()) {
            throw new InvalidSetting("instance number", pid, PID + "~0, " + PID + "~1, ...");
        }
        InstanceConfig now = config;
        String host = now.backend__host().strip();
        InetAddress address = Setting.address("backend_hostaddr", now.backend__hostaddr());
        if (host.isEmpty() && address == null) {
            throw new InvalidSetting("backend_host", "missing", "backend_host or backend_hostaddr");
        }
        return new ConfiguredInstance(
                Setting.integer("instance number", matcher.group(1), 0, Integer.MAX_VALUE),
                host.isEmpty() ? now.backend__hostaddr().strip() : host,
                address,
                Setting.port("backend_port", now.backend__port()),
                Setting.port("watchdog_port", now.watchdog__port()));
    }
}
