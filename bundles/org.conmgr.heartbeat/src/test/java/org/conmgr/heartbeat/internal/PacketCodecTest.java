package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Beat;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.Packet.Sessions;
import org.conmgr.heartbeat.internal.Packet.Welcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PacketCodecTest {
    private static final UUID ID = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);

    private static InetSocketAddress socket(int port, int... address) {
        byte[] bytes = new byte[address.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) address[i];
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static AttributeSet set(InstanceState state, Role role, boolean readOnly, int timeline, String why) {
        return new AttributeSet(new Identity(0x11, 170004), new Attributes(state, role, readOnly, timeline), why);
    }

    /** The bytes every other implementation must agree on: they never change within a major version. */
    static Stream<Arguments> golden() {
        return Stream.of(
                Arguments.of(
                        new Hello(1, 0, ID, 1000, 2000, "c1", Map.of("k", "v")),
                        "48" + "0000002e" + "434d4842" + "0100" + "0102030405060708" + "090a0b0c0d0e0f10" + "000003e8"
                                + "000007d0" + "00026331" + "0001" + "00016b" + "000176"),
                Arguments.of(
                        new Welcome(
                                1,
                                0,
                                set(InstanceState.ACCEPTING, Role.PRIMARY, false, 3, ""),
                                socket(40000, 192, 0, 2, 7),
                                Map.of()),
                        "57" + "00000024" + "0100" + "0000000000000011" + "00029814" + "00" + "00" + "00" + "00000003"
                                + "0000" + "04c0000207" + "9c40" + "0000"),
                Arguments.of(
                        new Beat(118, 117, 250, 3, new Progress(0x1000, 12, 97), 5000),
                        "42" + "00000034" + "0000000000000076" + "0000000000000075" + "000000fa" + "00000003"
                                + "0000000000001000" + "000000000000000c" + "00000061" + "00001388"),
                Arguments.of(
                        set(InstanceState.STOPPED, Role.STANDBY, true, 1, "gone"),
                        "41" + "0000001d" + "0000000000000011" + "00029814" + "04" + "01" + "01" + "00000001"
                                + "0004676f6e65"),
                Arguments.of(
                        new Sessions(
                                Sessions.Change.ADD,
                                List.of(
                                        socket(5000, 127, 0, 0, 1),
                                        socket(6000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))),
                        "53" + "00000021" + "01" + "0002" + "047f000001" + "1388" + "1000000000000000000000000000000001"
                                + "1770"),
                Arguments.of(new Goodbye(Goodbye.Reason.RESTART, "bye"), "47" + "0000000a" + "01" + "0003627965"),
                Arguments.of(new Goodbye(Goodbye.Reason.UNWATCHED, "bye"), "47" + "0000000a" + "08" + "0003627965"));
    }

    @ParameterizedTest
    @MethodSource("golden")
    void writesTheBytesOfTheProtocol(Packet packet, String hex) {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        channel.writeOutbound(packet);
        ByteBuf written = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(written)).isEqualTo(hex);
        written.release();
    }

    @ParameterizedTest
    @MethodSource("golden")
    void readsThemByteByByte(Packet packet, String hex) {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        for (byte one : ByteBufUtil.decodeHexDump(hex)) {
            assertThat(channel.<Object>readInbound()).isNull();
            channel.writeInbound(Unpooled.buffer(1).writeByte(one));
        }
        assertThat(channel.<Object>readInbound()).isEqualTo(packet);
    }

    @Test
    void skipsUnknownTypesAndBytesOfLaterMinorVersions() {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        channel.writeInbound(hex("5a" + "00000006" + "abcd" + "47" + "0000000c" + "01" + "0003627965" + "beef"));
        assertThat(channel.<Object>readInbound()).isEqualTo(new Packet.Unknown('Z'));
        assertThat(channel.<Object>readInbound()).isEqualTo(new Goodbye(Goodbye.Reason.RESTART, "bye"));
    }

    @Test
    void readsTheVersionOfAHelloItUnderstandsNothingElseOf() {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        channel.writeInbound(hex("48" + "0000000b" + "434d4842" + "0207" + "ff"));
        assertThat(channel.<Object>readInbound()).isInstanceOfSatisfying(Hello.class, hello -> assertThat(hello.major())
                .isEqualTo(2));
    }

    @Test
    void readsTheVersionOfAWelcomeItUnderstandsNothingElseOf() {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        channel.writeInbound(hex("57" + "00000007" + "0203" + "ff"));
        assertThat(channel.<Object>readInbound())
                .isInstanceOfSatisfying(
                        Welcome.class, welcome -> assertThat(welcome.major()).isEqualTo(2));
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                Arguments.of("47" + "00002001", "a frame of length 8193 (expected: 4 to 8192)"),
                Arguments.of("47" + "00000003", "a frame of length 3 (expected: 4 to 8192)"),
                Arguments.of("47" + "ffffffff", "a frame of length -1 (expected: 4 to 8192)"),
                Arguments.of("47" + "00000006" + "0100", "cut short"),
                Arguments.of("47" + "00000008" + "63000000", "goodbye reason: 99 (expected: 0 to 8)"),
                Arguments.of(
                        "48" + "00000008" + "474554202f", "a Hello that begins with 47455420 (expected: 434d4842)"),
                Arguments.of("53" + "0000000f" + "01000105" + "0102030405" + "0000", "an address of 5 bytes"),
                Arguments.of(
                        "41" + "00000019" + "0000000000000011" + "00029814" + "00" + "00" + "00" + "ffffffff" + "0000",
                        "timeline: -1 (expected: >= 0)"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void refusesWhatCannotBeRight(String bytes, String text) {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        assertThatThrownBy(() -> channel.writeInbound(hex(bytes)))
                .isInstanceOf(DecoderException.class)
                .hasMessageContaining(text);
    }

    /** Whatever comes: packets or a DecoderException, nothing else, and no more is kept than one frame. */
    @Test
    void survivesHostileBytes() {
        Random random = new Random(20261122);
        List<String> seeds =
                golden().map(arguments -> (String) arguments.get()[1]).toList();
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = ByteBufUtil.decodeHexDump(seeds.get(random.nextInt(seeds.size())));
            for (int flips = random.nextInt(6); flips >= 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
            try {
                channel.writeInbound(Unpooled.wrappedBuffer(bytes));
                for (Object read = channel.readInbound(); read != null; read = channel.readInbound()) {
                    assertThat(read).isInstanceOf(Packet.class);
                }
            } catch (DecoderException e) {
                assertThat(e).hasMessageNotContaining("null");
            } finally {
                try {
                    channel.finishAndReleaseAll();
                } catch (DecoderException e) {
                    assertThat(e).isNotNull(); // What was left is looked at once more when the channel ends.
                }
            }
        }
    }

    private static ByteBuf hex(String bytes) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(bytes));
    }
}
