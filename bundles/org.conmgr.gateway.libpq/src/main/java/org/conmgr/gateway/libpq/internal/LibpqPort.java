package org.conmgr.gateway.libpq.internal;

import java.util.Map;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.Gateway;
import org.conmgr.gateway.OptionsDoor;
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
            Door door = OptionsDoor.of(LibpqAdapter.PATH, config.target__session__attrs(), config.tls(), frontDoor);
            opened = ports.open(config.listen__addresses(), config.port(), new LibpqAdapter(gateway, door));
        } catch (InvalidSetting e) {
            log.log(
                    Message.INVALID_SETTING,
                    properties.getOrDefault("service.pid", PID),
                    String.valueOf(e.getMessage()));
        }
        port = opened;
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
