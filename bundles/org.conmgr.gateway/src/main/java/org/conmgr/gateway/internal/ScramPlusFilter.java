package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes SCRAM-SHA-256-PLUS out of what an instance offers: it binds to the TLS connection, which here ends at the
 * gateway, and libpq fails when it is offered without TLS. Steps aside after the first message that is no protocol
 * negotiation.
 *
 * <pre>
 *  'R' | Int32 length | Int32 10 | (mechanism, zero-ended)* | 0      AuthenticationSASL
 * </pre>
 */
final class ScramPlusFilter extends ByteToMessageDecoder {
    private static final int HEADER = 5;
    private static final int SASL = 10;
    /** libpq takes no longer one before it is authenticated (fe-connect.c). */
    private static final int MAX_LENGTH = 2_000;

    private static final String PLUS = "SCRAM-SHA-256-PLUS";

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < HEADER) {
            return;
        }
        int at = in.readerIndex();
        int type = in.getUnsignedByte(at);
        int length = in.getInt(at + 1);
        if ((type != 'R' && type != 'v') || length < 8 || length > MAX_LENGTH) {
            ctx.pipeline().remove(this);
            return;
        }
        if (in.readableBytes() < 1 + length) {
            return;
        }
        ByteBuf message = in.readRetainedSlice(1 + length);
        if (type == 'R' && message.getInt(HEADER) == SASL) {
            out.add(without(ctx, message));
            message.release();
        } else {
            out.add(message);
        }
        if (type == 'R') {
            ctx.pipeline().remove(this);
        }
    }

    private static ByteBuf without(ChannelHandlerContext ctx, ByteBuf message) {
        List<String> mechanisms = new ArrayList<>(List.of(message.toString(
                        HEADER + Integer.BYTES,
                        message.readableBytes() - HEADER - Integer.BYTES,
                        StandardCharsets.US_ASCII)
                .split("\0")));
        mechanisms.remove(PLUS);
        ByteBuf filtered = ctx.alloc().buffer(message.readableBytes());
        filtered.writeByte('R').writeInt(0).writeInt(SASL);
        for (String mechanism : mechanisms) {
            filtered.writeCharSequence(mechanism, StandardCharsets.US_ASCII);
            filtered.writeByte(0);
        }
        filtered.writeByte(0);
        return filtered.setInt(1, filtered.readableBytes() - 1);
    }
}
