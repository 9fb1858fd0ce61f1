package org.conmgr.listener;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * A FATAL ErrorResponse: the last message on a connection that speaks PostgreSQL's protocol and is not inside TLS. Send
 * it with {@link org.conmgr.netty.LingeringClose}, or the client may not see it.
 *
 * @param sqlState after a StartupMessage only 57P03 makes libpq go on to its next host (fe-connect.c)
 * @param detail more facts; null for none
 * @param hint what to do; null for none
 */
public record ErrorResponse(
        String sqlState,
        String message,
        @Nullable String detail,
        @Nullable String hint) {

    /** {@code 'E' | Int32 length | (Byte field, zero-ended string)* | 0}. */
    public ByteBuf encode(ByteBufAllocator allocator) {
        ByteBuf packet = allocator.buffer(256).writeByte('E').writeInt(0);
        field(packet, 'S', "FATAL");
        field(packet, 'V', "FATAL");
        field(packet, 'C', sqlState);
        field(packet, 'M', message);
        field(packet, 'D', detail);
        field(packet, 'H', hint);
        packet.writeByte(0);
        return packet.setInt(1, packet.readableBytes() - 1);
    }

    private static void field(ByteBuf packet, char field, @Nullable String text) {
        if (text != null) {
            packet.writeByte(field);
            ByteBufUtil.reserveAndWriteUtf8(packet, text.replace('\0', ' '), ByteBufUtil.utf8MaxBytes(text));
            packet.writeByte(0);
        }
    }
}
