package org.conmgr.gateway.libpq.internal;

import java.util.Map;
import java.util.function.Supplier;
import org.conmgr.api.log.MessageLog;
import org.conmgr.gateway.Gateway;
import org.conmgr.gateway.GatewayPort;
import org.conmgr.gateway.OptionsDoor;
import org.conmgr.listener.AdapterPorts;
import org.conmgr.listener.FrontDoor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * A port with a target of its own, one for each configuration. An edit that does not fit must
 * not close it, nor any edit turn away clients that have just come: hence a {@code Modified} method.
 */
@Component(
        service = {},
        immediate = true,
        configurationPid = LibpqPort.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = LibpqPortConfig.class, factory = true)
public final class LibpqPort implements AutoCloseable {
    static final String PID = "org.conmgr.gateway.libpq";

    private final FrontDoor frontDoor;
    private final GatewayPort port;

    @Activate
    public LibpqPort(
            @Reference Gateway gateway,
            @Reference FrontDoor frontDoor,
            @Reference AdapterPorts ports,
            @Reference MessageLog log,
            LibpqPortConfig config,
            Map<String, Object> properties) {
        this.frontDoor = frontDoor;
        port = GatewayPort.open(
                gateway,
                ports,
                log,
                properties.getOrDefault("service.pid", PID),
                config.listen__addresses(),
                config.port(),
                door(config, frontDoor));
    }

    private static Supplier<OptionsDoor> door(LibpqPortConfig config, FrontDoor frontDoor) {
        return () -> OptionsDoor.of(LibpqAdapter.PATH, config.target__session__attrs(), config.tls(), frontDoor);
    }

    @Modified
    void modified(LibpqPortConfig config) {
        port.change(config.listen__addresses(), config.port(), door(config, frontDoor));
    }

    /** Stops listening; connections that came in stay. */
    @Override
    @Deactivate
    public void close() {
        port.close();
    }
}
