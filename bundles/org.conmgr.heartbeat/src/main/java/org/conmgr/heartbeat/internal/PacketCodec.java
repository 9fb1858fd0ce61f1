package org.conmgr.heartbeat.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageCodec;
import io.netty.handler.codec.CorruptedFrameException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Beat;
import org.conmgr.heartbeat.internal.Packet.Challenge;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.Packet.Proof;
import org.conmgr.heartbeat.internal.Packet.Sessions;
import org.conmgr.heartbeat.internal.Packet.Unknown;
import org.conmgr.heartbeat.internal.Packet.Welcome;
import org.conmgr.heartbeat.internal.security.SharedSecret;

/**
 * Frames to packets and back: {@code Byte type | Int32 length (itself included) | payload}. A frame that cannot be
 * right raises {@link CorruptedFrameException} with what was found and what was expected.
 */
final class PacketCodec extends ByteToMessageCodec<Packet> {
    /** The largest value of the length field. */
    static final int MAX_LENGTH = 8192;

    /**
     * The largest value of the length field before the peer is admitted: a Hello with the longest name and room for
     * options to come.
     */
    static final int MAX_STRANGERS_LENGTH = 2048;

    /** {@code CMHB}. */
    static final int MAGIC = 0x434D4842;

    private static final int HEADER = 5;

    // What a byte on the wire stands for: its place here. Append only.
    private static final List<InstanceState> STATES = List.of(
            InstanceState.ACCEPTING,
            InstanceState.DEGRADED,
            InstanceState.UNRESPONSIVE,
            InstanceState.UNREACHABLE,
            InstanceState.STOPPED);
    private static final List<Role> ROLES = List.of(Role.PRIMARY, Role.STANDBY);
    private static final List<Sessions.Change> CHANGES =
            List.of(Sessions.Change.FORGET_ALL, Sessions.Change.ADD, Sessions.Change.REMOVE);
    private static final List<Goodbye.Reason> REASONS = List.of(
            Goodbye.Reason.SHUTDOWN,
            Goodbye.Reason.RESTART,
            Goodbye.Reason.INSTANCE_STOPPED,
            Goodbye.Reason.TOO_MANY_CONNECTIONS,
            Goodbye.Reason.REFUSED,
            Goodbye.Reason.PROTOCOL_ERROR,
            Goodbye.Reason.UNAUTHENTICATED,
            Goodbye.Reason.TIMED_OUT,
            Goodbye.Reason.UNWATCHED);

    private long sent;
    private long received;
    private int maxLength;

    /** For an end that takes whole frames from the start. */
    PacketCodec() {
        this(MAX_LENGTH);
    }

    private PacketCodec(int maxLength) {
        this.maxLength = maxLength;
    }

    /** For a peer that is not known yet; see {@link #admitted}. */
    static PacketCodec forStranger() {
        return new PacketCodec(MAX_STRANGERS_LENGTH);
    }

    /** On the channel's loop: from now on, frames may be as large as they may. */
    void admitted() {
        maxLength = MAX_LENGTH;
    }

    /** Bytes of all frames sent; on the event loop. */
    long sent() {
        return sent;
    }

    /** Bytes of all whole frames received; on the event loop. */
    long received() {
        return received;
    }

    @Override
    protected void encode(ChannelHandlerContext ctx, Packet packet, ByteBuf out) {
        int start = out.writerIndex();
        out.writeZero(HEADER);
        char type;
        if (packet instanceof Hello hello) {
            type = 'H';
            out.writeInt(MAGIC).writeByte(hello.major()).writeByte(hello.minor());
            out.writeLong(hello.id().getMostSignificantBits());
            out.writeLong(hello.id().getLeastSignificantBits());
            out.writeInt(hello.intervalMillis()).writeInt(hello.timeoutMillis());
            writeString(out, hello.name());
            writeOptions(out, hello.options());
        } else if (packet instanceof Welcome welcome) {
            type = 'W';
            out.writeByte(welcome.major()).writeByte(welcome.minor());
            writeAttributes(out, welcome.set());
            writeSocket(out, welcome.seenAt());
            writeOptions(out, welcome.options());
        } else if (packet instanceof Challenge challenge) {
            type = 'C';
            out.writeBytes(HexFormat.of().parseHex(challenge.nonce()));
        } else if (packet instanceof Proof proof) {
            type = 'P';
            out.writeBytes(HexFormat.of().parseHex(proof.mac()));
        } else if (packet instanceof Beat beat) {
            type = 'B';
            out.writeLong(beat.sequence()).writeLong(beat.lastHeard());
            out.writeInt(beat.lateMicros()).writeInt(beat.stallMicros());
            out.writeLong(beat.progress().lsn());
            out.writeLong(beat.progress().replayLagMillis());
            out.writeInt(beat.progress().freeSlots());
            out.writeInt(beat.heldMicros());
        } else if (packet instanceof AttributeSet set) {
            type = 'A';
            writeAttributes(out, set);
        } else if (packet instanceof Sessions sessions) {
            type = 'S';
            out.writeByte(CHANGES.indexOf(sessions.change()));
            out.writeShort(sessions.sockets().size());
            sessions.sockets().forEach(socket -> writeSocket(out, socket));
        } else if (packet instanceof Goodbye goodbye) {
            type = 'G';
            out.writeByte(REASONS.indexOf(goodbye.reason()));
            writeString(out, goodbye.text());
        } else {
            throw new IllegalStateException(packet + " cannot be sent");
        }
        int length = out.writerIndex() - start - 1;
        if (length > MAX_LENGTH) {
            throw new IllegalStateException(
                    packet.getClass().getSimpleName() + " of " + length + " bytes (at most " + MAX_LENGTH + ")");
        }
        out.setByte(start, type).setInt(start + 1, length);
        sent += 1 + length;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < HEADER) {
            return;
        }
        int type = in.getUnsignedByte(in.readerIndex());
        int length = in.getInt(in.readerIndex() + 1);
        if (length < 4 || length > maxLength) {
            throw new CorruptedFrameException("a frame of length " + length + " (expected: 4 to " + maxLength + ")");
        }
        if (in.readableBytes() < 1 + length) {
            return;
        }
        received += 1 + length;
        in.skipBytes(HEADER);
        ByteBuf payload = in.readSlice(length - 4);
        try {
            out.add(read(type, payload));
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptedFrameException(
                    "a frame of type '" + (char) type + "' and length " + length + " that is cut short", e);
        }
    }

    private static Packet read(int type, ByteBuf in) {
        return switch (type) {
            case 'H' -> readHello(in);
            case 'W' -> readWelcome(in);
            case 'C' -> new Challenge(readHex(in));
            case 'P' -> new Proof(readHex(in));
            case 'B' ->
                new Beat(
                        in.readLong(),
                        in.readLong(),
                        in.readInt(),
                        in.readInt(),
                        new Progress(in.readLong(), in.readLong(), in.readInt()),
                        in.isReadable() ? in.readInt() : -1);
            case 'A' -> readAttributes(in);
            case 'S' -> readSessions(in);
            case 'G' -> new Goodbye(constant(REASONS, in, "goodbye reason"), readString(in));
            default -> new Unknown(type);
        };
    }

    private static Hello readHello(ByteBuf in) {
        int magic = in.readInt();
        if (magic != MAGIC) {
            throw new CorruptedFrameException(
                    String.format("a Hello that begins with %08x (expected: %08x)", magic, MAGIC));
        }
        int major = in.readUnsignedByte();
        int minor = in.readUnsignedByte();
        if (major != Packet.MAJOR) {
            // Nothing behind the version is known to mean the same there.
            return new Hello(major, minor, new UUID(0, 0), 0, 0, "", Map.of());
        }
        return new Hello(
                major,
                minor,
                new UUID(in.readLong(), in.readLong()),
                in.readInt(),
                in.readInt(),
                readString(in),
                readOptions(in));
    }

    private static Welcome readWelcome(ByteBuf in) {
        int major = in.readUnsignedByte();
        int minor = in.readUnsignedByte();
        if (major != Packet.MAJOR) {
            // As for a Hello.
            return new Welcome(major, minor, AttributeSet.NOT_YET, new InetSocketAddress(0), Map.of());
        }
        return new Welcome(major, minor, readAttributes(in), readSocket(in), readOptions(in));
    }

    private static Sessions readSessions(ByteBuf in) {
        Sessions.Change change = constant(CHANGES, in, "change of sessions");
        int count = in.readUnsignedShort();
        List<InetSocketAddress> sockets = new ArrayList<>(Math.min(count, Sessions.MAX_SOCKETS));
        for (int i = 0; i < count; i++) {
            sockets.add(readSocket(in));
        }
        return new Sessions(change, sockets);
    }

    private static void writeAttributes(ByteBuf out, AttributeSet set) {
        out.writeLong(set.identity().systemIdentifier());
        out.writeInt(set.identity().serverVersion());
        out.writeByte(STATES.indexOf(set.attributes().state()));
        out.writeByte(ROLES.indexOf(set.attributes().role()));
        out.writeByte(set.attributes().defaultTransactionReadOnly() ? 1 : 0);
        out.writeInt(set.attributes().timeline());
        writeString(out, set.why());
    }

    private static AttributeSet readAttributes(ByteBuf in) {
        Identity identity = new Identity(in.readLong(), in.readInt());
        InstanceState state = constant(STATES, in, "instance state");
        Role role = constant(ROLES, in, "role");
        boolean readOnly = in.readByte() != 0;
        int timeline = in.readInt();
        if (timeline < 0) {
            throw new CorruptedFrameException("timeline: " + timeline + " (expected: >= 0)");
        }
        return new AttributeSet(identity, new Attributes(state, role, readOnly, timeline), readString(in));
    }

    private static <E> E constant(List<E> constants, ByteBuf in, String what) {
        int code = in.readUnsignedByte();
        if (code >= constants.size()) {
            throw new CorruptedFrameException(what + ": " + code + " (expected: 0 to " + (constants.size() - 1) + ")");
        }
        return constants.get(code);
    }

    private static String readHex(ByteBuf in) {
        byte[] bytes = new byte[SharedSecret.BYTES];
        in.readBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void writeString(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length).writeBytes(bytes);
    }

    private static String readString(ByteBuf in) {
        int length = in.readUnsignedShort();
        return in.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    private static void writeOptions(ByteBuf out, Map<String, String> options) {
        out.writeShort(options.size());
        options.forEach((key, value) -> {
            writeString(out, key);
            writeString(out, value);
        });
    }

    private static Map<String, String> readOptions(ByteBuf in) {
        int count = in.readUnsignedShort();
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            options.put(readString(in), readString(in));
        }
        return options;
    }

    private static void writeSocket(ByteBuf out, InetSocketAddress socket) {
        byte[] address = socket.getAddress().getAddress();
        out.writeByte(address.length).writeBytes(address).writeShort(socket.getPort());
    }

    private static InetSocketAddress readSocket(ByteBuf in) {
        int length = in.readUnsignedByte();
        if (length != 4 && length != 16) {
            throw new CorruptedFrameException("an address of " + length + " bytes (expected: 4 or 16)");
        }
        byte[] address = new byte[length];
        in.readBytes(address);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), in.readUnsignedShort());
        } catch (UnknownHostException e) {
            throw new CorruptedFrameException(e);
        }
    }
}
