package org.conmgr.heartbeat.internal;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;

/** The end of a link's pipeline, at both ends of the link: turns what happens on the channel into events. */
final class LinkHandler extends ChannelDuplexHandler {
    /** On the channel's loop. */
    interface Events {
        void received(Packet packet);

        /** The channel is closed or cannot be used any more. */
        void closed(String how);

        /** The network says that there is no way to the peer; the channel is closed. */
        void unreachable(String how);

        /** What came cannot be read, or the peer does not read. */
        void corrupted(String what);

        /** There is no TLS session with the peer, or none any more. */
        void untrusted(String why);
    }

    private final Events events;
    private final MessageLog log;

    LinkHandler(Events events, MessageLog log) {
        this.events = events;
        this.log = log;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        events.received((Packet) message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        events.closed("connection closed");
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!ctx.channel().isWritable()) {
            events.corrupted("the peer does not read");
            ctx.close();
        }
        ctx.fireChannelWritabilityChanged();
    }

    /** What the network says may come to a write as well as to a read, and closes the channel then without a word. */
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ctx.write(message, promise.unvoid().addListener(done -> {
            if (done.cause() instanceof IOException failure && !(failure instanceof ClosedChannelException)) {
                exceptionCaught(ctx, failure);
            }
        }));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof DecoderException) {
            Throwable inner = cause.getCause() == null ? cause : cause.getCause();
            if (inner instanceof SSLException) {
                events.untrusted(Failure.ofTls(inner));
            } else {
                events.corrupted(Failure.text(inner));
            }
        } else if (cause instanceof SSLException) {
            events.untrusted(Failure.ofTls(cause));
        } else if (cause instanceof IOException) {
            String how = "connection lost (" + Failure.text(cause) + ")";
            if (Failure.ofConnect(cause) == VerdictReason.HOST_UNREACHABLE) {
                events.unreachable(how);
            } else {
                events.closed(how);
            }
        } else {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "a heartbeat link", cause)
                    .withCause(cause));
            events.corrupted("internal failure: " + cause);
        }
        ctx.close();
    }
}
