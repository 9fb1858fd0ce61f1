package org.conmgr.console.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Reads what a client sends after the start-up, one message at a time:
 *
 * <pre>
 * +--------+----------------------------+------+
 * | type:1 | length:4 (4 to maxLength)  | body |
 * +--------+----------------------------+------+
 * </pre>
 *
 * <p>One that is too long is not waited for.
 *
 * <p>A client that asks but does not read is not listened to until it reads: nothing is read and nothing more is
 * decoded while the channel is not writable.
 */
final class FrontendDecoder extends ByteToMessageDecoder {
    /** The longest message, without its type. PostgreSQL allows far more; no statement of a console comes near. */
    static final int MAX_LENGTH = 65_536;

    private static final int HEADER = 5;

    private int maxLength;
    private boolean malformed;

    /** @param maxLength of a message, without its type, until another is set */
    FrontendDecoder(int maxLength) {
        this.maxLength = maxLength;
    }

    /** From the next message on. */
    void maxLength(int length) {
        maxLength = length;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (malformed) {
            in.skipBytes(in.readableBytes());
        } else if (ctx.channel().isWritable() && in.readableBytes() >= HEADER) {
            try {
                decode(in, out);
            } catch (MalformedMessage e) {
                malformed = true;
                in.skipBytes(in.readableBytes());
                out.add(new FrontendMessage.Malformed(e.message()));
            }
        }
    }

    private void decode(ByteBuf in, List<Object> out) throws MalformedMessage {
        char type = (char) in.getUnsignedByte(in.readerIndex());
        int length = in.getInt(in.readerIndex() + 1);
        if (length < Integer.BYTES || length > maxLength) {
            throw new MalformedMessage("a message of type " + FrontendMessage.shown(type) + " and length "
                    + Integer.toUnsignedString(length) + " (expected: 4 to " + maxLength + ")");
        }
        if (in.readableBytes() > length) {
            in.skipBytes(HEADER);
            out.add(FrontendMessage.decode(type, in.readSlice(length - Integer.BYTES)));
        }
    }

    /** Without the read that the decoder asks for when auto-read is off and it had no message: off means off. */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        discardSomeReadBytes();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        boolean writable = ctx.channel().isWritable();
        ctx.channel().config().setAutoRead(writable);
        if (writable) {
            // Not at once: this may be told from within a write that answers a message of ours.
            ctx.executor().execute(() -> resume(ctx));
        }
        ctx.fireChannelWritabilityChanged();
    }

    private void resume(ChannelHandlerContext ctx) {
        if (!ctx.isRemoved() && ctx.channel().isActive()) {
            try {
                channelRead(ctx, Unpooled.EMPTY_BUFFER);
            } catch (Exception e) {
                ctx.fireExceptionCaught(e);
            }
        }
    }
}
