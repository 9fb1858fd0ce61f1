package org.conmgr.listener;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Ports beside conmgr's own, each for one adapter alone. Their connections count among {@code max_connections} and have
 * {@code authentication_timeout} for the first packet. An OSGi service.
 */
@ProviderType
public interface AdapterPorts {
    /** A port that is open until it is closed; if it is taken, as soon as it is free. */
    @ProviderType
    interface Port extends AutoCloseable {
        /**
         * Where it listens now, as {@code 127.0.0.1:27547}, in order: after a {@link #change} also where it did before,
         * until it listens wherever it should. Empty while it cannot.
         */
        List<String> addresses();

        /**
         * Listens there instead, and gives the connections that come in from now on to this adapter. Where an address
         * stays, its socket does, so that no client is turned away. Those that go are closed as soon as it listens at all
         * the others; until then they stay, and the log says so. Closed before is only what is in the way: of an address
         * to come, or of another port of conmgr's. Waits, some seconds at most, until what can change has changed; not
         * for an event loop. Does nothing once closed.
         *
         * @param listenAddresses as in {@link AdapterPorts#open}
         * @param port as in {@link AdapterPorts#open}
         * @throws org.conmgr.api.setting.InvalidSetting for addresses or a port that do not fit; nothing has changed then
         */
        void change(String listenAddresses, String port, ApplicationAdapter adapter);

        /** Stops listening, waiting until the port is free, at most two seconds. Accepted connections stay. */
        @Override
        void close();
    }

    /**
     * Opens a port. Waits for the first attempt, some seconds at most; not for an event loop.
     *
     * @param listenAddresses as the listener's {@code listen_addresses}
     * @param port 1 to 65535
     * @param adapter gets the connections; what it does not accept is treated as if nobody did
     * @throws org.conmgr.api.setting.InvalidSetting for addresses or a port that do not fit, naming the key
     */
    Port open(String listenAddresses, String port, ApplicationAdapter adapter);
}
