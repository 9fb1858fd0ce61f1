package org.conmgr.heartbeat.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.embedded.EmbeddedChannel;
import org.jspecify.annotations.NullUnmarked;

/** Packets for peers that are plain sockets. */
@NullUnmarked
final class Frames {
    private Frames() {}

    /** The packet as it goes over the wire. */
    static byte[] frame(Packet packet) {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        channel.writeOutbound(packet);
        ByteBuf bytes = channel.readOutbound();
        try {
            return ByteBufUtil.getBytes(bytes);
        } finally {
            bytes.release();
        }
    }
}
