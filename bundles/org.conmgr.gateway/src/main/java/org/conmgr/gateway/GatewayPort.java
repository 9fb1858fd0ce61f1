package org.conmgr.gateway;

import java.util.function.Supplier;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.listener.AdapterPorts;
import org.jspecify.annotations.Nullable;

/** A port of its own, all of whose connections are relayed by one {@link Door}. */
public final class GatewayPort implements AutoCloseable {
    private final Gateway gateway;
    private final AdapterPorts ports;
    private final MessageLog log;
    private final Object pid;

    /** Guarded by this. Null until there have been settings that can be used. */
    private AdapterPorts.@Nullable Port port;

    private GatewayPort(Gateway gateway, AdapterPorts ports, MessageLog log, Object pid) {
        this.gateway = gateway;
        this.ports = ports;
        this.log = log;
        this.pid = pid;
    }

    /**
     * Opens the port. With a setting that cannot be used it stays closed until it is {@link #change changed}, and the log
     * says so.
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
        GatewayPort opened = new GatewayPort(gateway, ports, log, pid);
        opened.change(listenAddresses, port, door);
        return opened;
    }

    /**
     * Puts other settings in force, for connections to come; those that are open stay. A setting that cannot be used
     * changes nothing, and the log says so.
     *
     * @param listenAddresses {@code listen_addresses}
     * @param portNumber {@code port}
     * @param door makes the door of the other settings; may throw {@link InvalidSetting}
     */
    public synchronized void change(String listenAddresses, String portNumber, Supplier<? extends Door> door) {
        try {
            RelayAdapter adapter = new RelayAdapter(gateway, door.get());
            if (port == null) {
                port = ports.open(listenAddresses, portNumber, adapter);
            } else {
                port.change(listenAddresses, portNumber, adapter);
            }
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, pid, String.valueOf(e.getMessage()));
        }
    }

    /** Stops listening; connections that came in stay. Idempotent. */
    @Override
    public synchronized void close() {
        if (port != null) {
            port.close();
        }
    }
}
