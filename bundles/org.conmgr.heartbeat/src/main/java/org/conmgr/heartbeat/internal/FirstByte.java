package org.conmgr.heartbeat.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** First in a watchdog's pipeline, until the first byte tells TLS from plain frames. */
final class FirstByte extends ByteToMessageDecoder {
    /** The record type of a TLS handshake; no frame of ours begins so. */
    private static final int TLS_HANDSHAKE = 22;

    /** On the channel's loop. */
    interface Tls {
        /** The handler for this connection; null to go without, after the connection was turned away. */
        @Nullable
        SslHandler begin();
    }

    private final Tls tls;

    FirstByte(Tls tls) {
        this.tls = tls;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (in.getUnsignedByte(in.readerIndex()) != TLS_HANDSHAKE) {
            ctx.pipeline().remove(this);
            return;
        }
        SslHandler handler = tls.begin();
        if (handler == null) {
            in.skipBytes(in.readableBytes());
        } else {
            ctx.pipeline().replace(this, "tls", handler);
        }
    }
}
