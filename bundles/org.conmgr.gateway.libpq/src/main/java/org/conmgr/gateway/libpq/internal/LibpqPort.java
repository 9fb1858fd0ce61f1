package org.conmgr.gateway.libpq.internal;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.Target;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.conmgr.gateway.Gateway;
import org.conmgr.gateway.TlsMode;
import org.conmgr.listener.AdapterPorts;
import org.conmgr.listener.FrontDoor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** A port with a target of its own, one for each configuration. */
@Component(
        service = {},
        immediate = true,
        configurationPid = LibpqPort.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = LibpqPortConfig.class, factory = true)
public final class LibpqPort implements AutoCloseable {
    static final String PID = "org.conmgr.gateway.libpq";

    private final AdapterPorts.@Nullable Port port;

    @Activate
    public LibpqPort(
            @Reference Gateway gateway,
            @Reference FrontDoor frontDoor,
            @Reference AdapterPorts ports,
            @Reference MessageLog log,
            LibpqPortConfig config,
            Map<String, Object> properties) {
        AdapterPorts.Port opened = null;
        try {
            LibpqDoor door = new LibpqDoor(target(config), tls(config), frontDoor);
            opened = ports.open(config.listen__addresses(), config.port(), new LibpqAdapter(gateway, door));
        } catch (InvalidSetting e) {
            log.log(
                    Message.INVALID_SETTING,
                    properties.getOrDefault("service.pid", PID),
                    String.valueOf(e.getMessage()));
        }
        port = opened;
    }

    private static Optional<Target> target(LibpqPortConfig config) {
        String word = config.target__session__attrs();
        if (word.isBlank()) {
            return Optional.empty();
        }
        return Optional.of(Target.ofWord(word)
                .orElseThrow(() -> new InvalidSetting(
                        "target_session_attrs",
                        word,
                        Arrays.stream(Target.values()).map(Target::word).collect(Collectors.joining(", ")))));
    }

    private static Optional<TlsMode> tls(LibpqPortConfig config) {
        return config.tls().isBlank()
                ? Optional.empty()
                : Optional.of(Setting.word("tls", config.tls(), TlsMode.class));
    }

    /** Stops listening; connections that came in stay. */
    @Override
    @Deactivate
    public void close() {
        if (port != null) {
            port.close();
        }
    }
}
