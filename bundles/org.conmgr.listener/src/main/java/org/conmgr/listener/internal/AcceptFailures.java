package org.conmgr.listener.internal;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;

/**
 * When connections cannot be accepted, mostly because the process has no file descriptor left, the next attempt comes a
 * second later: the one that failed still waits, so the next would fail at once. Said once a minute.
 */
@Sharable
final class AcceptFailures extends ChannelInboundHandlerAdapter {
    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long NEVER = Long.MIN_VALUE;

    private final MessageLog log;
    private final AtomicLong lastSaid = new AtomicLong(NEVER);

    AcceptFailures(MessageLog log) {
        this.log = log;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        long now = ctx.executor().ticker().nanoTime();
        long before = lastSaid.get();
        if ((before == NEVER || now - before >= QUIET_NANOS) && lastSaid.compareAndSet(before, now)) {
            log.log(Message.CANNOT_ACCEPT, Peer.text(ctx.channel().localAddress()), String.valueOf(cause.getMessage()));
        }
        ctx.channel().config().setAutoRead(false);
        ctx.executor().schedule(() -> ctx.channel().config().setAutoRead(true), 1, TimeUnit.SECONDS);
    }
}
