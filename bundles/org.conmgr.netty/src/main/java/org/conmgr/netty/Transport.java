package org.conmgr.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The event loops of this process. An OSGi service; its life is the process's. Heartbeats have a loop of their own, so
 * that no amount of application traffic delays a beat.
 */
@ProviderType
public interface Transport {
    /** {@code epoll} or {@code nio}. */
    String name();

    /** The loops of heartbeat links. Nothing else runs on them. */
    EventLoopGroup heartbeatLoops();

    /** The loops of application connections. */
    EventLoopGroup applicationLoops();

    /** A client bootstrap on these loops, with the channel type that goes with them and TCP_NODELAY. */
    Bootstrap client(EventLoopGroup loops);

    /**
     * A client bootstrap for connections to this address that also end, with an {@link java.io.IOException}, when the
     * network answers that there is no way to it any more (ICMP unreachable). Left to itself TCP takes that for a hint
     * and tries on for minutes. Without epoll it is no more than a hint here either.
     */
    Bootstrap client(EventLoopGroup loops, InetAddress peer);

    /** A server bootstrap on these loops, with the channel type that goes with them, SO_REUSEADDR and TCP_NODELAY. */
    ServerBootstrap server(EventLoopGroup loops);

    /** A bootstrap of UDP sockets on these loops. */
    Bootstrap datagrams(EventLoopGroup loops);

    /**
     * A bootstrap of Unix domain datagram sockets on these loops.
     *
     * @throws UnsupportedOperationException if {@link #name} is not {@code epoll}: Java itself has none
     */
    Bootstrap localDatagrams(EventLoopGroup loops);
}
