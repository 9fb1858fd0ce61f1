package org.conmgr.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection so that the peer gets the last words. Closing a socket whose input holds unread bytes makes the
 * kernel send RST, and RST makes the peer's kernel throw away what it has not read yet. So: write, end the own side
 * (FIN), read and drop what still comes until the peer closes, but not longer than {@link #LIMIT}.
 */
public final class LingeringClose {
    /** How long, from the call on, the peer may take to read the last words and close. */
    public static final Duration LIMIT = Duration.ofSeconds(1);

    private LingeringClose() {}

    /**
     * Writes the last words and closes. From now on the other handlers of the pipeline read nothing any more. A second
     * call on the same channel only releases its words.
     *
     * @param lastWords released here; may be empty
     */
    public static void start(Channel channel, ByteBuf lastWords) {
        if (channel.eventLoop().inEventLoop()) {
            startInLoop(channel, lastWords);
        } else {
            channel.eventLoop().execute(() -> startInLoop(channel, lastWords));
        }
    }

    private static void startInLoop(Channel channel, ByteBuf lastWords) {
        if (channel.pipeline().get(Drain.class) != null) {
            lastWords.release();
            return;
        }
        channel.pipeline().addFirst(new Drain());
        Future<?> limit = channel.eventLoop().schedule(() -> channel.close(), LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(closed -> limit.cancel(false));
        channel.writeAndFlush(lastWords).addListener(written -> {
            if (written.isSuccess() && channel instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            } else {
                channel.close();
            }
        });
        channel.config().setAutoRead(true);
    }

    private static final class Drain extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            // Nothing was passed on, so nothing is complete.
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                ctx.close();
            }
            ctx.fireUserEventTriggered(event);
        }
    }
}
