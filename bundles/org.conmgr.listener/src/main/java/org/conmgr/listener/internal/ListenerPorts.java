package org.conmgr.listener.internal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.util.ArrayList;
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
        Set<InetSocketAddress> addresses = ListenerSettings.addresses(listenAddresses, Setting.port("port", port));
        ServerBootstrap bootstrap = transport
                .server(transport.applicationLoops())
                .handler(new AcceptFailures(log))
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        reception.receive(channel, adapter);
                    }
                });
        List<ListeningSocket> sockets = new ArrayList<>();
        for (InetSocketAddress address : addresses) {
            ListeningSocket socket = new ListeningSocket(bootstrap, address, log);
            sockets.add(socket);
            socket.open();
        }
        Port opened = new OpenPort(List.copyOf(sockets), ports);
        ports.add(opened);
        return opened;
    }

    private record OpenPort(List<ListeningSocket> sockets, List<Port> among) implements Port {
        @Override
        public List<String> addresses() {
            return sockets.stream()
                    .flatMap(socket -> socket.localAddress().stream())
                    .map(Peer::text)
                    .sorted()
                    .toList();
        }

        @Override
        public void close() {
            sockets.forEach(ListeningSocket::close);
            among.remove(this);
        }
    }

    /** Closes the ports that their adapters have not closed. */
    @Override
    @Deactivate
    public void close() {
        ports.forEach(Port::close);
    }
}
