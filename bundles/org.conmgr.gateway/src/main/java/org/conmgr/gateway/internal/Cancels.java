package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.conmgr.gateway.TlsMode;
import org.jspecify.annotations.Nullable;

/**
 * Brings CancelRequests to the backends that own their keys. A key is known from the instance's BackendKeyData until
 * that instance has closed the connection, so a late request finds nothing, and none is sent to an instance for which
 * it was not meant. One whose key is not known goes to the instances on which its sender's address has opaque
 * sessions, whose keys cannot be read; they check it. Thread-safe.
 */
final class Cancels {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    /** Length and code. */
    private static final int HEADER = 8;

    private final RelayGateway gateway;

    /** By process id and key; two instances may have given out the same, in which case nobody can tell. */
    private final Map<ByteBuffer, List<Relay>> relays = new ConcurrentHashMap<>();

    Cancels(RelayGateway gateway) {
        this.gateway = gateway;
    }

    void learned(byte[] key, Relay relay) {
        relays.merge(ByteBuffer.wrap(key), List.of(relay), (there, more) -> {
            List<Relay> both = new ArrayList<>(there);
            both.addAll(more);
            return List.copyOf(both);
        });
    }

    void forget(byte[] key, Relay relay) {
        relays.computeIfPresent(ByteBuffer.wrap(key), (same, there) -> {
            List<Relay> left = new ArrayList<>(there);
            left.remove(relay);
            return left.isEmpty() ? null : List.copyOf(left);
        });
    }

    /** Number of keys known. */
    int size() {
        return relays.size();
    }

    /**
     * Serves one CancelRequest. The client's connection is closed when the instances have closed theirs: it may rely on
     * the request having been dealt with then.
     *
     * @param received begins with the packet; released here
     */
    void serve(Channel client, int length, ByteBuf received) {
        byte[] packet = ByteBufUtil.getBytes(received, received.readerIndex(), length);
        received.release();
        client.pipeline().addFirst(new Waiting());
        Collection<Upstream> where =
                where(client, ByteBuffer.wrap(packet, HEADER, length - HEADER).slice());
        if (where.isEmpty()) {
            client.close();
            return;
        }
        int[] open = {where.size()};
        for (Upstream upstream : where) {
            send(client, upstream, packet, () -> {
                if (--open[0] == 0) {
                    client.close();
                }
            });
        }
    }

    private Collection<Upstream> where(Channel client, ByteBuffer key) {
        List<Relay> owners = relays.getOrDefault(key, List.of());
        if (!owners.isEmpty()) {
            return owners.size() == 1 ? List.of(owners.get(0).upstream()) : List.of();
        }
        Map<SocketAddress, Upstream> opaque = new HashMap<>();
        if (client.remoteAddress() instanceof InetSocketAddress from) {
            InetAddress address = from.getAddress();
            for (Relay relay : gateway.relays()) {
                SocketAddress to = relay.upstream().server().remoteAddress();
                if (relay.opaque() && to != null && address.equals(relay.clientAddress())) {
                    opaque.put(to, relay.upstream());
                }
            }
        }
        return opaque.values();
    }

    private void send(Channel client, Upstream upstream, byte[] packet, Runnable whenClosed) {
        SocketAddress to = upstream.server().remoteAddress();
        if (to == null) {
            client.eventLoop().execute(whenClosed);
            return;
        }
        ChannelFuture connect = upstream.bootstrap(client.eventLoop(), LIMIT).connect(to);
        Channel server = connect.channel();
        if (!server.isOpen()) {
            // There was no socket to be had: such a channel does not close, nor has it a loop.
            client.eventLoop().execute(whenClosed);
            return;
        }
        Future<?> limit = client.eventLoop().schedule(() -> server.close(), LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        server.closeFuture().addListener(closed -> {
            limit.cancel(false);
            whenClosed.run();
        });
        connect.addListener(done -> {
            if (!done.isSuccess()) {
                server.close();
            } else if (upstream.tls() == TlsMode.ORIGINATE) {
                Answer.await(server, Packets.sslRequest(), answer -> secure(server, upstream, packet, answer));
            } else {
                deliver(server, packet);
            }
        });
    }

    /** What the session is encrypted for, its key is too. */
    private static void secure(Channel server, Upstream upstream, byte[] packet, @Nullable ByteBuf answer) {
        boolean accepted = answer != null && answer.readableBytes() == 1 && answer.getByte(answer.readerIndex()) == 'S';
        if (answer != null) {
            answer.release();
        }
        if (!accepted) {
            server.close();
            return;
        }
        SslHandler handler = upstream.settings()
                .tlsContext()
                .newHandler(
                        server.alloc(),
                        upstream.instance().host(),
                        upstream.instance().backendPort());
        server.pipeline().addLast(handler);
        deliver(server, packet);
    }

    /** PostgreSQL answers by closing the connection. */
    private static void deliver(Channel server, byte[] packet) {
        server.pipeline().addLast(new Waiting());
        server.writeAndFlush(Unpooled.wrappedBuffer(packet));
    }

    /** Reads until the end. */
    private static final class Waiting extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
