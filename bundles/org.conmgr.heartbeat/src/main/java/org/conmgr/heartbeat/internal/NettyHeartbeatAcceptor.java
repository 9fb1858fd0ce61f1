package org.conmgr.heartbeat.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.conmgr.api.log.MessageLog;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.netty.Transport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Endpoints on the heartbeat loops. */
@Component(service = HeartbeatAcceptor.class)
public final class NettyHeartbeatAcceptor implements HeartbeatAcceptor {
    private final Transport transport;
    private final VerdictHistory history;
    private final LinkSecurity security;
    private final MessageLog log;

    @Activate
    public NettyHeartbeatAcceptor(
            @Reference Transport transport,
            @Reference VerdictHistory history,
            @Reference LinkSecurity security,
            @Reference MessageLog log) {
        this.transport = transport;
        this.history = history;
        this.security = security;
        this.log = log;
    }

    @Override
    public Endpoint open(String name, List<InetSocketAddress> addresses, Admission admission, Observer observer)
            throws IOException {
        NettyEndpoint endpoint =
                new NettyEndpoint(name, admission, observer, history, security, transport.heartbeatLoops(), log);
        endpoint.listen(transport.server(transport.heartbeatLoops()), addresses);
        return endpoint;
    }
}
