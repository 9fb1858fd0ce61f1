package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts an SSLRequest or GSSENCRequest to an instance and waits for its answer. */
final class Answer extends ChannelInboundHandlerAdapter {
    /** Generous: the instance has accepted the connection, and if it is dead a verdict will say so sooner. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Consumer<@Nullable ByteBuf> taker;
    private @Nullable Future<?> limit;

    private Answer(Consumer<@Nullable ByteBuf> taker) {
        this.taker = taker;
    }

    /**
     * Asks.
     *
     * @param question the request; released here
     * @param taker gets what the instance sent, at least one byte, to be released by it; null when the instance closed
     *     the connection or sent nothing in time
     */
    static void await(Channel server, ByteBuf question, Consumer<@Nullable ByteBuf> taker) {
        Answer answer = new Answer(taker);
        server.pipeline().addLast(answer);
        answer.limit =
                server.eventLoop().schedule(() -> answer.done(server, null), LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        server.writeAndFlush(question);
    }

    /**
     * Whether an answer to an SSLRequest begins TLS; releases it. Bytes behind the S were sent without TLS by somebody in
     * between.
     */
    static boolean accepts(ByteBuf answer) {
        boolean accepted = answer.readableBytes() == 1 && answer.getByte(answer.readerIndex()) == 'S';
        answer.release();
        return accepted;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        done(ctx.channel(), (ByteBuf) message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        done(ctx.channel(), null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    private void done(Channel server, @Nullable ByteBuf bytes) {
        if (limit != null) {
            limit.cancel(false);
        }
        if (server.pipeline().context(this) != null) {
            server.pipeline().remove(this);
            taker.accept(bytes);
        }
    }
}
