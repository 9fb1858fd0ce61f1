package org.conmgr.listener.internal;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;

/**
 * When connections cannot be accepted, mostly because the process has no file descriptor left, the next attempt comes a
 * second later: the one that failed still waits, so the next would fail at once.
 */
@Sharable
final class AcceptFailures extends ChannelInboundHandlerAdapter {
    private final MessageLog log;

    AcceptFailures(MessageLog log) {
        this.log = log;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.log(Message.CANNOT_ACCEPT, Peer.text(ctx.channel().localAddress()), cause);
        ctx.channel().config().setAutoRead(false);
        ctx.executor().schedule(() -> ctx.channel().config().setAutoRead(true), 1, TimeUnit.SECONDS);
    }
}
