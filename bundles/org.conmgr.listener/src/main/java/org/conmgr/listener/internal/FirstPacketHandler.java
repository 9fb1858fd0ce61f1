package org.conmgr.listener.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.listener.FirstPacket;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;

/** Reads the first packet of one connection and gives the connection away, or ends it. */
final class FirstPacketHandler extends ChannelInboundHandlerAdapter {
    static final ErrorResponse NOBODY_SERVES_SQL = new ErrorResponse(
            "57P03",
            "this port belongs to conmgr, and nothing here relays SQL connections",
            "conmgr tells its own drivers which instance to connect to.",
            "Connect with conmgr's driver (jdbc:conmgr:), or install a conmgr gateway for other clients.");

    private final Reception reception;
    private final Duration timeout;
    private final Set<Class<?>> declined = new HashSet<>();
    private @Nullable Future<?> deadline;
    private @Nullable ByteBuf received;

    FirstPacketHandler(Reception reception, Duration timeout) {
        this.reception = reception;
        this.timeout = timeout;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        deadline = ctx.executor().schedule(() -> timedOut(ctx), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        if (received != null) {
            received.release();
            received = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        received =
                received == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), received, bytes);
        try {
            while (received != null) {
                FirstPacket packet = FirstPacketDecoder.decode(received);
                if (packet == null) {
                    if (LingeringClose.peerHasEnded(ctx.channel())) {
                        end(ctx);
                    }
                    return;
                }
                take(ctx, packet, received);
            }
        } catch (MalformedFirstPacket e) {
            reception.invalid(ctx.channel(), String.valueOf(e.getMessage()));
            ErrorResponse answer = e.answer();
            if (answer == null) {
                end(ctx);
            } else {
                end(ctx, answer);
            }
        }
    }

    private void take(ChannelHandlerContext ctx, FirstPacket packet, ByteBuf bytes) throws MalformedFirstPacket {
        ApplicationAdapter adapter = reception.adapterFor(ctx.channel(), packet);
        if (adapter != null) {
            received = null;
            ctx.pipeline().remove(this);
            reception.handOver(ctx.channel(), packet, bytes, adapter);
        } else if (packet instanceof FirstPacket.Negotiation) {
            decline(ctx, packet, bytes);
        } else if (packet instanceof FirstPacket.Startup) {
            end(ctx, NOBODY_SERVES_SQL);
        } else if (packet instanceof FirstPacket.Cancel) {
            // PostgreSQL never answers one either, and the client does not look.
            end(ctx);
        } else {
            throw new MalformedFirstPacket("a TLS handshake, which nothing here takes");
        }
    }

    private void decline(ChannelHandlerContext ctx, FirstPacket packet, ByteBuf bytes) throws MalformedFirstPacket {
        if (!declined.add(packet.getClass())) {
            String what = "a second " + packet.getClass().getSimpleName();
            throw new MalformedFirstPacket(
                    what, new ErrorResponse(FirstPacketDecoder.PROTOCOL_VIOLATION, what, null, null));
        }
        bytes.skipBytes(packet.length());
        if (!bytes.isReadable()) {
            received = null;
            bytes.release();
        }
        ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte('N'));
    }

    private void timedOut(ChannelHandlerContext ctx) {
        reception.timedOut(ctx.channel(), timeout);
        end(ctx);
    }

    private void end(ChannelHandlerContext ctx) {
        ctx.pipeline().remove(this);
        ctx.channel().close();
    }

    private void end(ChannelHandlerContext ctx, ErrorResponse words) {
        Channel channel = ctx.channel();
        ctx.pipeline().remove(this);
        LingeringClose.start(channel, words.encode(channel.alloc()));
    }
}
