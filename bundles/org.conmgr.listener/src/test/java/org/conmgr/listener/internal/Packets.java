package org.conmgr.listener.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;

/** First packets as clients send them. */
final class Packets {
    static final String SSL_REQUEST = "00000008 04d2162f";
    static final String GSSENC_REQUEST = "00000008 04d21630";
    /** pgjdbc and libpq before 18; a key of four bytes. */
    static final String CANCEL_3_0 = "00000010 04d2162e 00001234 0a0b0c0d";
    /** A GSSENCRequest, CMGR, version 1, target=read-write. */
    static final String ASK = "00000020 04d21630 434d4752 01 74617267657400 726561642d777269746500 00";

    private Packets() {}

    static ByteBuf hex(String bytes) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(bytes.replace(" ", "")));
    }

    /** A StartupMessage with these names and values, in turn. */
    static ByteBuf startup(int version, String... parameters) {
        ByteBuf packet = Unpooled.buffer().writeInt(0).writeInt(version);
        for (String parameter : parameters) {
            packet.writeBytes(parameter.getBytes(UTF_8)).writeByte(0);
        }
        packet.writeByte(0);
        return packet.setInt(0, packet.readableBytes());
    }

    static ByteBuf startup() {
        return startup(0x00030000, "user", "alice", "database", "sales");
    }

    /** A TLS record of a handshake with this many bytes in it. */
    static ByteBuf clientHello(int fragment) {
        return Unpooled.buffer()
                .writeByte(0x16)
                .writeShort(0x0301)
                .writeShort(fragment)
                .writeByte(1)
                .writeZero(fragment - 1);
    }

    static ByteBuf join(ByteBuf... parts) {
        return Unpooled.wrappedBuffer(parts).copy();
    }
}
