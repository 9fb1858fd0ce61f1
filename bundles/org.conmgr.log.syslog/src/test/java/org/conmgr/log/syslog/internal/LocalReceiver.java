package org.conmgr.log.syslog.internal;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.conmgr.netty.Transport;

/** A local syslog: a socket that keeps what it is sent, one line for each datagram. */
final class LocalReceiver implements AutoCloseable {
    private final Path path;
    private final Received received;
    private final Channel channel;

    LocalReceiver(Transport transport, Path path, Received received) {
        this.path = path;
        this.received = received;
        channel = transport
                .localDatagrams(transport.applicationLoops())
                .handler(new Keeping())
                .bind(new DomainSocketAddress(path.toString()))
                .syncUninterruptibly()
                .channel();
    }

    /** As a daemon that ends: the socket is gone, its file too. */
    @Override
    public void close() throws IOException {
        channel.close().syncUninterruptibly();
        Files.deleteIfExists(path);
    }

    /** As a daemon that is killed: the file stays. */
    void die() {
        channel.close().syncUninterruptibly();
    }

    private final class Keeping extends SimpleChannelInboundHandler<DomainDatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DomainDatagramPacket packet) {
            received.add(packet.content().toString(StandardCharsets.UTF_8));
        }
    }
}
