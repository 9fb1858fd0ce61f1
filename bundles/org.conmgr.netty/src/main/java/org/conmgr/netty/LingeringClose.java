package org.conmgr.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection so that the peer gets the last words. Closing a socket whose input holds unread bytes makes the
 * kernel send RST, and RST makes the peer's kernel throw away what it has not read yet. So: write, end the own side
 * (FIN), read and drop what still comes until the peer closes, but not longer than {@link #LIMIT}.
 */
public final class LingeringClose {
    /** How long, from the call on, the peer may take to read the last words and close. */
    public static final Duration LIMIT = Duration.ofSeconds(1);

    /** How long {@link #whenSent} waits for a peer that reads nothing of what was written before. */
    public static final Duration PATIENCE = Duration.ofMinutes(10);

    private LingeringClose() {}

    /**
     * Writes the last words and closes. From now on the other handlers of the pipeline read nothing any more. A second
     * call on the same channel, or one on a closed channel, only releases its words.
     *
     * @param lastWords released here; may be empty
     */
    public static void start(Channel channel, ByteBuf lastWords) {
        inLoop(channel, () -> begin(channel, lastWords, LIMIT));
    }

    /**
     * Closes when all that was written is sent: the peer may take any time for that, if only it reads something every
     * {@link #PATIENCE}, and {@link #LIMIT} from then on to close. If it does not, the end is an RST: what it has got is not
     * all. Else as {@link #start}.
     */
    public static void whenSent(Channel channel) {
        inLoop(channel, () -> begin(channel, Unpooled.EMPTY_BUFFER, PATIENCE));
    }

    private static void inLoop(Channel channel, Runnable task) {
        if (channel.eventLoop().inEventLoop()) {
            task.run();
        } else {
            channel.eventLoop().execute(task);
        }
    }

    private static void begin(Channel channel, ByteBuf lastWords, Duration patience) {
        Drain there = channel.pipeline().get(Drain.class);
        if (!channel.isOpen()) {
            // A limit set now would hold the channel's memory until it ends.
            lastWords.release();
        } else if (there == null && isOver(channel, lastWords)) {
            lastWords.release();
            channel.close();
        } else if (there == null) {
            Drain drain = new Drain();
            Inlet.close(channel);
            // Else the end of the peer's side would be the end of what it has still to get.
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            channel.pipeline().addFirst(drain);
            drain.closeAfter(channel, patience);
            channel.writeAndFlush(lastWords).addListener(written -> {
                drain.sent = true;
                if (written.isSuccess() && !peerHasEnded(channel) && channel instanceof DuplexChannel duplex) {
                    duplex.shutdownOutput();
                    drain.closeAfter(channel, LIMIT);
                } else {
                    channel.close();
                }
            });
            channel.config().setAutoRead(true);
        } else {
            lastWords.release();
            there.closeAfter(channel, patience);
        }
    }

    /** Whether the peer has ended its side, and that has been read: nothing more comes. */
    public static boolean peerHasEnded(Channel channel) {
        return channel instanceof DuplexChannel duplex && duplex.isInputShutdown();
    }

    /** Whether there is nothing to send, and nothing that could still come. */
    private static boolean isOver(Channel channel, ByteBuf lastWords) {
        return !lastWords.isReadable() && peerHasEnded(channel) && pending(channel) == 0;
    }

    /** What has not been sent yet, bytes. */
    private static long pending(Channel channel) {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        return queue == null ? 0 : queue.totalPendingWriteBytes();
    }

    private static final class Drain extends ChannelInboundHandlerAdapter {
        private @Nullable Future<?> limit;
        private long deadline = Long.MAX_VALUE;
        private boolean sent;

        /** The shortest time given counts. */
        void closeAfter(Channel channel, Duration time) {
            long at = channel.eventLoop().ticker().nanoTime() + time.toNanos();
            if (limit == null) {
                channel.closeFuture().addListener(closed -> cancel());
            } else if (at - deadline >= 0) {
                return;
            }
            await(channel, time, at);
        }

        private void await(Channel channel, Duration time, long until) {
            cancel();
            deadline = until;
            long before = pending(channel);
            limit = channel.eventLoop()
                    .schedule(() -> expired(channel, time, before), time.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void expired(Channel channel, Duration time, long before) {
            if (sent || !time.equals(PATIENCE)) {
                channel.close();
            } else if (pending(channel) < before) {
                await(channel, time, channel.eventLoop().ticker().nanoTime() + time.toNanos());
            } else {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                channel.close();
            }
        }

        private void cancel() {
            if (limit != null) {
                limit.cancel(false);
            }
        }

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
            if (event instanceof ChannelInputShutdownEvent && sent) {
                ctx.close();
            }
            ctx.fireUserEventTriggered(event);
        }
    }
}
