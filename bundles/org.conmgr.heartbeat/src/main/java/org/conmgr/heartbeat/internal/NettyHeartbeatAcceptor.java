package org.conmgr.heartbeat.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.conmgr.api.log.MessageLog;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.netty.Transport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Endpoints on the heartbeat loops. */
@Component(service = HeartbeatAcceptor.class)
public final class NettyHeartbeatAcceptor implements HeartbeatAcceptor {
    private final Transport transport;
    private final VerdictHistory history;
    private final MessageLog log;

    @Activate
    public NettyHeartbeatAcceptor(
            @Reference Transport transport, @Reference VerdictHistory history, @Reference MessageLog log) {
        this.transport = transport;
        this.history = history;
        this.log = log;
    }

    @Override
    public Endpoint open(String name, List<InetSocketAddress> addresses, Observer observer) throws IOException {
        NettyEndpoint endpoint = new NettyEndpoint(name, observer, history, log);
        endpoint.listen(transport.server(transport.heartbeatLoops()), addresses);
        return endpoint;
    }
}
