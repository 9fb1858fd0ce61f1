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
    private final BlockingQueue<Channel> accepted;
    private final Channel listening;
    private final boolean first;
    final Channel server;
    final Socket client;

    Pair(boolean epoll, boolean unread) throws Exception {
        transport = new NettyTransport(epoll);
        accepted = new LinkedBlockingQueue<>();
        BlockingQueue<Channel> opened = accepted;
        listening = transport
                .server(transport.applicationLoops().next())
                .childOption(ChannelOption.AUTO_READ, !unread)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        opened.add(channel);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        first = true;
        client = connect();
        server = next();
    }

    private Pair(Pair beside) throws Exception {
        transport = beside.transport;
        accepted = beside.accepted;
        listening = beside.listening;
        first = false;
        client = connect();
        server = next();
    }

    /** On the same event loop, which ends with this one. */
    Pair another() throws Exception {
        return new Pair(this);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(DEADLINE_MS);
        socket.connect(listening.localAddress(), DEADLINE_MS);
        return socket;
    }

    private Channel next() throws InterruptedException {
        Channel channel = accepted.poll(DEADLINE_MS, TimeUnit.MILLISECONDS);
        assertThat(channel).as("accepted channel").isNotNull();
        return channel;
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
        if (first) {
            listening.close();
            transport.close();
        }
    }
}
