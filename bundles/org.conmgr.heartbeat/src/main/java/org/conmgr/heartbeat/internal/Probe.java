package org.conmgr.heartbeat.internal;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Asks a postmaster whether it is there: an 8-byte GSSENCRequest, which PostgreSQL 12 and later answers with one byte
 * before it looks at anything else and without a line in its log, also while it starts up or recovers. Belongs to its
 * loop.
 */
final class Probe {
    enum Result {
        ANSWERED,
        NOT_ANSWERED,
        /** For a lack of this host's own, as a file descriptor or a local port: it tells nothing of the postmaster. */
        NOT_ASKED
    }

    /** Told once, on the loop. */
    interface Outcome {
        /** {@code how}: {@code 192.0.2.1:5432 answers} or {@code 192.0.2.1:5432: Connection refused}. */
        void done(Result result, String how);
    }

    private static final int GSSENC_REQUEST = 80877104;

    private final InetSocketAddress target;
    private final Outcome outcome;
    private boolean over;

    private Probe(InetSocketAddress target, Outcome outcome) {
        this.target = target;
        this.outcome = outcome;
    }

    /** Starts one; the bootstrap brings the channel type and the local address. */
    static void start(
            Bootstrap bootstrap, EventLoop loop, InetSocketAddress target, long budgetNanos, Outcome outcome) {
        Probe probe = new Probe(target, outcome);
        int budgetMillis = (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(budgetNanos));
        ChannelFuture connecting = bootstrap
                .clone(loop)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, budgetMillis)
                .handler(probe.new Handler())
                .connect(target);
        Channel channel = connecting.channel();
        Future<?> timer = loop.schedule(
                () -> {
                    probe.finish(
                            Result.NOT_ANSWERED, probe.target() + " did not answer within " + budgetMillis + " ms");
                    channel.close();
                },
                budgetNanos,
                TimeUnit.NANOSECONDS);
        channel.closeFuture().addListener(closed -> timer.cancel(false));
        connecting.addListener((ChannelFutureListener) connected -> {
            if (connected.isSuccess()) {
                channel.writeAndFlush(Unpooled.buffer(8).writeInt(8).writeInt(GSSENC_REQUEST));
            } else {
                // A channel that could not be made has no loop and never closes.
                timer.cancel(false);
                loop.execute(() -> probe.failed(connected.cause()));
            }
        });
    }

    private void failed(Throwable cause) {
        if (Failure.isOfThisHost(cause)) {
            finish(Result.NOT_ASKED, target() + " was not asked: " + Failure.innermostText(cause));
        } else {
            finish(Result.NOT_ANSWERED, target() + ": " + Failure.text(cause));
        }
    }

    private String target() {
        return target.getAddress().getHostAddress() + ":" + target.getPort();
    }

    private void finish(Result result, String how) {
        if (!over) {
            over = true;
            outcome.done(result, how);
        }
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            boolean answered = message instanceof ByteBuf bytes && bytes.isReadable();
            ReferenceCountUtil.release(message);
            if (answered) {
                finish(Result.ANSWERED, target() + " answers");
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            finish(Result.NOT_ANSWERED, target() + " closed the probe");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            finish(Result.NOT_ANSWERED, target() + ": " + Failure.text(cause));
            ctx.close();
        }
    }
}
