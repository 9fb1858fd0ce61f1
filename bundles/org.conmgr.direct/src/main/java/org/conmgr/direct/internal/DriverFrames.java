package org.conmgr.direct.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.routing.Session;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;

/** Reads what a driver sends after its ask. A driver that sends anything else, or too much, is closed. */
final class DriverFrames extends ByteToMessageDecoder {
    /** A driver of this version sends one in its life; the rest is room for frames to come, which are skipped. */
    private static final int MAX_FRAMES_A_SECOND = 100;

    private final Session session;
    private long second;
    private int framesInSecond;

    DriverFrames(Session session) {
        this.session = session;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws MalformedPacket {
        try {
            ByteBuffer bytes = in.nioBuffer();
            Optional<Frame> frame = Frame.decode(bytes);
            in.skipBytes(bytes.position());
            if (frame.isPresent()) {
                requireCalm(
                        TimeUnit.NANOSECONDS.toSeconds(ctx.executor().ticker().nanoTime()));
                read(frame.get());
            }
        } catch (MalformedPacket e) {
            // Or the decoder would come across it once more when the channel closes.
            in.skipBytes(in.readableBytes());
            throw e;
        }
    }

    private void requireCalm(long now) throws MalformedPacket {
        if (now != second) {
            second = now;
            framesInSecond = 0;
        }
        if (++framesInSecond > MAX_FRAMES_A_SECOND) {
            throw new MalformedPacket("more than " + MAX_FRAMES_A_SECOND + " frames in a second");
        }
    }

    private void read(Frame frame) throws MalformedPacket {
        if (frame instanceof Frame.Bound bound) {
            InetAddress address = NetUtil.createInetAddressFromIpAddressString(bound.address());
            if (address == null) {
                throw new MalformedPacket("address: " + bound.address() + " (expected: an IP address)");
            }
            session.connected(new InetSocketAddress(address, bound.port()));
        } else if (!(frame instanceof Frame.Unknown)) {
            throw new MalformedPacket(
                    "a frame that only conmgr sends: " + frame.getClass().getSimpleName());
        }
    }
}
