package org.conmgr.listener.internal;

import java.net.InetSocketAddress;
import java.util.List;
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
        private final ListeningSockets sockets;
        private volatile ApplicationAdapter adapter;

        OpenPort(ApplicationAdapter adapter) {
            this.adapter = adapter;
            sockets = new ListeningSockets(
                    transport, log, reception.listening(), channel -> reception.receive(channel, this.adapter));
        }

        @Override
        public List<String> addresses() {
            return sockets.texts();
        }

        @Override
        public synchronized void change(String listenAddresses, String port, ApplicationAdapter wanted) {
            Set<InetSocketAddress> addresses = ListenerSettings.addresses(listenAddresses, Setting.port("port", port));
            adapter = wanted;
            sockets.change(addresses);
        }

        @Override
        public synchronized void close() {
            sockets.close();
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
