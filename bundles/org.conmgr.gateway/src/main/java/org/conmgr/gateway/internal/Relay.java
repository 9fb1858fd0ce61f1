package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.netty.Inlet;
import org.conmgr.netty.LingeringClose;
import org.conmgr.netty.Outlet;
import org.jspecify.annotations.Nullable;

/**
 * Two channels on one event loop, each of which gets what the other reads. A side that cannot be written to stops the
 * other's reading, so a connection never holds more than two reads and the channels' high water mark.
 *
 * <p>A write to an instance that fails does not close its channel at once, but ends what is sent to it: an instance that
 * ends a session says why, and closes with the client's bytes unread, so the write behind them may meet its RST before
 * its words are read. They are still there to be read, with epoll and with nio.
 */
final class Relay implements Upstream.Owner {
    private static final String ADMIN_SHUTDOWN = "57P01";
    private static final String CANNOT_CONNECT_NOW = "57P03";

    /** A read of this size is sent at once, not when the reading pauses: the other end may work meanwhile. */
    private static final int LARGE = 16 * 1024;

    private final RelayGateway gateway;
    private final Channel client;
    private final Channel server;
    private final Outlet toClient;
    private final Outlet toServer;
    private final Upstream upstream;

    /** Null when the server's bytes are opaque. */
    private final @Nullable ServerFrames frames;

    private byte @Nullable [] key;

    /** Whether the client's FIN was passed on, with all that came before it. */
    private boolean passedOn;

    /** Whether the client's connection failed. */
    private boolean brokeOff;

    /** Whether a write to the server failed: it is read to its end, whether or not the client reads. */
    private boolean cut;

    /** Whether a failure of the server's channel was told. */
    private boolean broken;

    private Relay(RelayGateway gateway, Channel client, Upstream upstream, boolean opaque) {
        this.gateway = gateway;
        this.client = client;
        this.upstream = upstream;
        this.server = upstream.server();
        this.toClient = new Outlet(client);
        this.toServer = new Outlet(server);
        this.frames = opaque ? null : new ServerFrames();
    }

    /**
     * Relays from now on.
     *
     * @param opaque whether the bytes are encrypted from the client on
     * @param toServer what has been read from the client already; released here
     */
    static Relay start(RelayGateway gateway, Channel client, Upstream upstream, boolean opaque, ByteBuf toServer) {
        Relay relay = new Relay(gateway, client, upstream, opaque);
        upstream.owner(relay);
        Channel server = relay.server;
        client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        server.config().setOption(ChannelOption.AUTO_CLOSE, false);
        client.pipeline().addFirst(relay.new ClientSide());
        server.pipeline().remove(Upstream.NONE);
        server.pipeline().addLast(relay.new ServerSide());
        if (client.isActive()) {
            server.writeAndFlush(toServer, server.voidPromise());
        } else {
            relay.brokeOff = true;
            toServer.release();
        }
        if (relay.toClient.isDirect() && relay.toServer.isDirect()) {
            Inlet.open(client, relay::sendToServer, relay.toServer);
            Inlet.open(server, relay::sendToClient, opaque ? relay.toClient : null);
        }
        client.config().setAutoRead(server.isWritable());
        if (!client.isActive()) {
            relay.clientGone();
        } else if (LingeringClose.peerHasEnded(client)) {
            relay.clientFinished();
        }
        if (!server.isActive()) {
            relay.serverGone();
        }
        // Last, for it may end it.
        gateway.began(relay);
        server.closeFuture().addListener(gone -> gateway.over(relay));
        return relay;
    }

    Upstream upstream() {
        return upstream;
    }

    boolean opaque() {
        return frames == null;
    }

    /** Process id and cancel key; null while they are not known. */
    byte @Nullable [] key() {
        return key;
    }

    /** Where the client comes from; null when it is gone. */
    @Nullable
    InetAddress clientAddress() {
        SocketAddress address = client.remoteAddress();
        return address instanceof InetSocketAddress inet ? inet.getAddress() : null;
    }

    @Override
    public void connected(Channel channel) {
        throw new IllegalStateException("connected already");
    }

    @Override
    public void failed(Upstream.Failure failure) {
        throw new IllegalStateException("connected already");
    }

    @Override
    public void ended(SessionEnd end) {
        end(end.message());
    }

    /** Ends it at once: the client is told if it can be, the instance is not waited for. Any thread. */
    void end(String why) {
        if (client.eventLoop().inEventLoop()) {
            LingeringClose.start(client, lastWords(why));
            server.close();
        } else {
            client.eventLoop().execute(() -> end(why));
        }
    }

    private ByteBuf lastWords(String why) {
        ServerFrames seen = frames;
        if (seen == null || !seen.atBoundary()) {
            return Unpooled.EMPTY_BUFFER;
        }
        return new ErrorResponse(
                        seen.ready() ? ADMIN_SHUTDOWN : CANNOT_CONNECT_NOW,
                        "terminating connection because " + why,
                        null,
                        null)
                .encode(client.alloc());
    }

    /** What a client has sent that ended in order counts; what one has sent that broke off would be done for nobody. */
    private void clientGone() {
        if (brokeOff) {
            server.close();
        } else {
            LingeringClose.whenSent(server);
        }
    }

    private void serverGone() {
        LingeringClose.whenSent(client);
    }

    /** Passes a FIN on, behind all that came before it. There is nothing more to read, and so nothing to wait for. */
    private void clientFinished() {
        client.config().setAutoRead(false);
        toServer.end(() -> passedOn = true);
    }

    /**
     * What it has still sent is in the kernel, no more than that holds. It is read at once: nio's loop does not come to
     * rest while the channel is open.
     */
    private void serverCut() {
        cut = true;
        server.config().setAutoRead(true);
        Future<?> limit = server.eventLoop()
                .schedule(() -> server.close(), LingeringClose.LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        server.closeFuture().addListener(gone -> limit.cancel(false));
    }

    private void learn(byte[] cancelKey) {
        key = cancelKey;
        gateway.cancels().learned(cancelKey, this);
    }

    private void fromClient(ByteBuf bytes) {
        int size = bytes.readableBytes();
        toServer.write(bytes);
        if (size >= LARGE) {
            flushToServer();
        }
    }

    private void fromServer(ByteBuf bytes) {
        if (frames != null) {
            frames.pass(bytes);
            byte[] learned = frames.takeKey();
            if (learned != null) {
                learn(learned);
            }
        }
        int size = bytes.readableBytes();
        toClient.write(bytes);
        if (size >= LARGE) {
            flushToClient();
        }
    }

    private void sendToServer(ByteBuf bytes) {
        fromClient(bytes);
        flushToServer();
    }

    private void sendToClient(ByteBuf bytes) {
        fromServer(bytes);
        flushToClient();
    }

    private void flushToServer() {
        toServer.flush();
        if (!server.isWritable()) {
            client.config().setAutoRead(false);
        }
    }

    private void flushToClient() {
        toClient.flush();
        if (!client.isWritable() && !cut) {
            server.config().setAutoRead(false);
        }
    }

    /** Reads from the client. */
    private final class ClientSide extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            fromClient((ByteBuf) message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            flushToServer();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            server.config().setAutoRead(client.isWritable() || cut);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                clientFinished();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            clientGone();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            brokeOff |= cause instanceof IOException;
            ctx.fireExceptionCaught(cause);
        }
    }

    /** Reads from the instance. */
    private final class ServerSide extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            fromServer((ByteBuf) message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            flushToClient();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            client.config().setAutoRead(server.isWritable() && !LingeringClose.peerHasEnded(client));
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            serverGone();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelOutputShutdownEvent && !passedOn) {
                serverCut();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!broken) {
                broken = true;
                gateway.broke(upstream.instance(), cause);
            }
            boolean write =
                    cause instanceof IOException && server instanceof DuplexChannel duplex && duplex.isOutputShutdown();
            // After a read that failed the channel closes by itself.
            if (!write) {
                ctx.close();
            }
        }
    }
}
