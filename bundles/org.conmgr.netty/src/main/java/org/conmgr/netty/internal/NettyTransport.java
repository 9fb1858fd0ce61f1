package org.conmgr.netty.internal;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.conmgr.netty.Inlet;
import org.conmgr.netty.Transport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Native epoll where it loads, nio elsewhere. */
@Component(service = Transport.class)
public final class NettyTransport implements Transport, AutoCloseable {
    private static final int MAX_APPLICATION_LOOPS = 8;

    /** See ip(7), ipv6(7): every error the network reports is the connection's. Levels and numbers are Linux's. */
    private static final IntegerUnixChannelOption IP_RECVERR = new IntegerUnixChannelOption("IP_RECVERR", 0, 11);

    private static final IntegerUnixChannelOption IPV6_RECVERR = new IntegerUnixChannelOption("IPV6_RECVERR", 41, 25);

    /**
     * How long tasks may run before sockets get their turn, ms: a verdict can end ten thousand sessions, a task each,
     * and the others' sessions go on meanwhile. Netty's own value is 1,000.
     */
    private static final long TASKS_MS = 1;

    private final boolean epoll;
    private final EventLoopGroup heartbeatLoops;
    private final EventLoopGroup applicationLoops;

    @Activate
    public NettyTransport() {
        this(Epoll.isAvailable());
    }

    public NettyTransport(boolean epoll) {
        this.epoll = epoll;
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        heartbeatLoops = loops("conmgr-heartbeat", 1, io);
        applicationLoops = loops(
                "conmgr-application",
                Math.min(MAX_APPLICATION_LOOPS, Runtime.getRuntime().availableProcessors()),
                epoll ? Inlet.beside(io) : io);
    }

    private static EventLoopGroup loops(String name, int threads, IoHandlerFactory io) {
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), io) {
            @Override
            protected IoEventLoop newChild(Executor executor, IoHandlerFactory ioHandlerFactory, Object... none) {
                return new SingleThreadIoEventLoop(
                        this,
                        executor,
                        ioHandlerFactory,
                        Integer.MAX_VALUE,
                        RejectedExecutionHandlers.reject(),
                        TASKS_MS);
            }
        };
    }

    @Override
    public String name() {
        return epoll ? "epoll" : "nio";
    }

    @Override
    public EventLoopGroup heartbeatLoops() {
        return heartbeatLoops;
    }

    @Override
    public EventLoopGroup applicationLoops() {
        return applicationLoops;
    }

    @Override
    public Bootstrap client(EventLoopGroup loops) {
        return new Bootstrap()
                .group(loops)
                .channelFactory(epoll ? EpollSocketChannel::new : NioSocketChannel::new)
                .option(ChannelOption.TCP_NODELAY, true);
    }

    @Override
    public Bootstrap client(EventLoopGroup loops, InetAddress peer) {
        Bootstrap client = client(loops);
        return epoll ? client.option(peer instanceof Inet6Address ? IPV6_RECVERR : IP_RECVERR, 1) : client;
    }

    @Override
    public ServerBootstrap server(EventLoopGroup loops) {
        return new ServerBootstrap()
                .group(loops)
                .channelFactory(epoll ? EpollServerSocketChannel::new : NioServerSocketChannel::new)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true);
    }

    @Override
    public Bootstrap datagrams(EventLoopGroup loops) {
        return new Bootstrap().group(loops).channelFactory(epoll ? EpollDatagramChannel::new : NioDatagramChannel::new);
    }

    @Override
    public Bootstrap localDatagrams(EventLoopGroup loops) {
        if (!epoll) {
            throw new UnsupportedOperationException("Unix domain datagrams need the native epoll transport");
        }
        return new Bootstrap().group(loops).channelFactory(EpollDomainDatagramChannel::new);
    }

    @Override
    @Deactivate
    public void close() {
        heartbeatLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        applicationLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
