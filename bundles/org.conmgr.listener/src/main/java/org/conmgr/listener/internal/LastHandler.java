package org.conmgr.listener.internal;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.function.Consumer;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;

/** The end of every pipeline. What a peer can cause is DEBUG, a failure of our own is not; both close. */
@Sharable
final class LastHandler extends ChannelInboundHandlerAdapter {
    private final Consumer<LogMessage> log;

    LastHandler(Consumer<LogMessage> log) {
        this.log = log;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        String peer = Peer.of(ctx.channel());
        if (cause instanceof IOException || cause instanceof DecoderException) {
            Throwable why = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
            log.accept(LogMessage.of(Message.CONNECTION_BROKEN, peer, String.valueOf(why.getMessage())));
        } else {
            log.accept(LogMessage.of(Message.SUPERVISED_FAILURE, "the connection from " + peer, cause)
                    .withCause(cause));
        }
        ctx.close();
    }
}
