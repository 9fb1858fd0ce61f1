package org.conmgr.gateway;

import java.util.function.Supplier;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.listener.AdapterPorts;
import org.jspecify.annotations.Nullable;

/** A port of its own, all of whose connections are relayed by one {@link Door}. */
public final class GatewayPort implements AutoCloseable {
    private final AdapterPorts.@Nullable Port port;

    private GatewayPort(AdapterPorts.@Nullable Port port) {
        this.port = port;
    }

    /**
     * Opens the port. With a setting that cannot be used it stays closed, and the log says so.
     *
     * @param pid whose settings they are, for the log
     * @param listenAddresses {@code listen_addresses}
     * @param port {@code port}
     * @param door makes the door of the other settings; may throw {@link InvalidSetting}
     */
    public static GatewayPort open(
            Gateway gateway,
            AdapterPorts ports,
            MessageLog log,
            Object pid,
            String listenAddresses,
            String port,
            Supplier<? extends Door> door) {
        try {
            return new GatewayPort(ports.open(listenAddresses, port, new RelayAdapter(gateway, door.get())));
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, pid, String.valueOf(e.getMessage()));
            return new GatewayPort(null);
        }
    }

    /** Stops listening; connections that came in stay. Idempotent. */
    @Override
    public void close() {
        if (port != null) {
            port.close();
        }
    }
}
