package org.conmgr.listener.internal;

import io.netty.bootstrap.ServerBootstrap;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Setting;
import org.conmgr.listener.AdapterPorts;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.netty.Transport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Opens ports for adapters. Owns nothing but server sockets. */
@Component(service = AdapterPorts.class)
public final class ListenerPorts implements AdapterPorts, AutoCloseable {
    private final Transport transport;
    private final Reception reception;
    private final MessageLog log;
    private final List<Port> ports = new CopyOnWriteArrayList<>();

    @Activate
    public ListenerPorts(@Reference Transport transport, @Reference Reception reception, @Reference MessageLog log) {
        this.transport = transport;
        this.reception = reception;
        this.log = log;
    }

    @Override
    public Port open(String listenAddresses, String port, ApplicationAdapter adapter) {
        OpenPort opened = new OpenPort(adapter);
        opened.change(listenAddresses, port, adapter);
        ports.add(opened);
        return opened;
    }

    private final class OpenPort implements Port {
        private final ServerBootstrap bootstrap;
        private volatile ApplicationAdapter adapter;
        private volatile Map<InetSocketAddress, ListeningSocket> sockets = Map.of();

        /** Guarded by this. */
        private boolean closed;

        OpenPort(ApplicationAdapter adapter) {
            this.adapter = adapter;
            bootstrap = ListeningSocket.bootstrap(transport, log, channel -> reception.receive(channel, this.adapter));
        }

        @Override
        public List<String> addresses() {
            return ListeningSocket.texts(sockets.values());
        }

        @Override
        public synchronized void change(String listenAddresses, String port, ApplicationAdapter wanted) {
            Set<InetSocketAddress> addresses = ListenerSettings.addresses(listenAddresses, Setting.port("port", port));
            if (closed) {
                return;
            }
            Map<InetSocketAddress, ListeningSocket> before = sockets;
            // Closed first: an address to come may overlap one that goes.
            before.forEach((address, socket) -> {
                if (!addresses.contains(address)) {
                    socket.close();
                }
            });
            adapter = wanted;
            Map<InetSocketAddress, ListeningSocket> after = new HashMap<>();
            for (InetSocketAddress address : addresses) {
                ListeningSocket kept = before.get(address);
                after.put(address, kept != null ? kept : listen(address));
            }
            sockets = Map.copyOf(after);
        }

        private ListeningSocket listen(InetSocketAddress address) {
            ListeningSocket socket = new ListeningSocket(bootstrap, address, log);
            socket.open();
            return socket;
        }

        @Override
        public synchronized void close() {
            closed = true;
            sockets.values().forEach(ListeningSocket::close);
            sockets = Map.of();
            ports.remove(this);
        }
    }

    /** Closes the ports that their adapters have not closed. */
    @Override
    @Deactivate
    public void close() {
        ports.forEach(Port::close);
    }
}
