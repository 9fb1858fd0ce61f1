package org.conmgr.gateway.odbc.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Map;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.Gateway;
import org.conmgr.gateway.OptionsDoor;
import org.conmgr.listener.AdapterPorts;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.FrontDoor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** A port with a target of its own for ODBC data sources, one for each configuration. */
@Component(
        service = {},
        immediate = true,
        configurationPid = OdbcPort.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = OdbcPortConfig.class, factory = true)
public final class OdbcPort implements AutoCloseable {
    static final String PID = "org.conmgr.gateway.odbc";

    private final AdapterPorts.@Nullable Port port;

    @Activate
    public OdbcPort(
            @Reference Gateway gateway,
            @Reference FrontDoor frontDoor,
            @Reference AdapterPorts ports,
            @Reference MessageLog log,
            OdbcPortConfig config,
            Map<String, Object> properties) {
        AdapterPorts.Port opened = null;
        try {
            Door door = OptionsDoor.of(OdbcAdapter.PATH, config.target__session__attrs(), config.tls(), frontDoor);
            opened = ports.open(config.listen__addresses(), config.port(), new Entry(gateway, door));
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

    /** Everything that comes by the port. */
    private record Entry(Gateway gateway, Door door) implements ApplicationAdapter {
        @Override
        public boolean accepts(FirstPacket packet) {
            return Gateway.takes(packet);
        }

        @Override
        public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
            gateway.relay(channel, packet, received, door);
        }
    }
}
