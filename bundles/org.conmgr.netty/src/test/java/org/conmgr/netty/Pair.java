package org.conmgr.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.conmgr.netty.internal.NettyTransport;

/** A channel, and the socket of its peer. */
final class Pair implements AutoCloseable {
    static final int DEADLINE_MS = 10_000;

    private final NettyTransport transport;
    private final Channel listening;
    final Channel server;
    final Socket client = new Socket();

    Pair(boolean epoll, boolean unread) throws Exception {
        transport = new NettyTransport(epoll);
        BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
        listening = transport
                .server(transport.applicationLoops())
                .childOption(ChannelOption.AUTO_READ, !unread)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted.add(channel);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        client.setSoTimeout(DEADLINE_MS);
        client.connect(listening.localAddress(), DEADLINE_MS);
        Channel channel = accepted.poll(DEADLINE_MS, TimeUnit.MILLISECONDS);
        assertThat(channel).as("accepted channel").isNotNull();
        server = channel;
    }

    @Override
    public void close() throws IOException {
        client.close();
        listening.close();
        server.close();
        transport.close();
    }
}
