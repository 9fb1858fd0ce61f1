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
    /** Told once, on the loop. */
    interface Outcome {
        /** {@code how}: {@code 192.0.2.1:5432 answers} or {@code 192.0.2.1:5432: Connection refused}. */
        void done(boolean answered, String how);
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
                    probe.finish(false, probe.target() + " did not answer within " + budgetMillis + " ms");
                    channel.close();
                },
                budgetNanos,
                TimeUnit.NANOSECONDS);
        channel.closeFuture().addListener(closed -> timer.cancel(false));
        connecting.addListener((ChannelFutureListener) connected -> {
            if (connected.isSuccess()) {
                channel.writeAndFlush(Unpooled.buffer(8).writeInt(8).writeInt(GSSENC_REQUEST));
            } else {
                probe.finish(false, probe.target() + ": " + Failure.text(connected.cause()));
            }
        });
    }

    private String target() {
        return target.getAddress().getHostAddress() + ":" + target.getPort();
    }

    private void finish(boolean answered, String how) {
        if (!over) {
            over = true;
            outcome.done(answered, how);
        }
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            boolean answered = message instanceof ByteBuf bytes && bytes.isReadable();
            ReferenceCountUtil.release(message);
            if (answered) {
                finish(true, target() + " answers");
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            finish(false, target() + " closed the probe");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            finish(false, target() + ": " + Failure.text(cause));
            ctx.close();
        }
    }
}
