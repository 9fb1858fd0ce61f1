package org.conmgr.listener.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.conmgr.listener.FirstPacket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FirstPacketDecoderTest {
    private static final int RANDOM_PACKETS = 50_000;

    static Stream<Arguments> packets() {
        return Stream.of(
                Arguments.of(Packets.hex(Packets.SSL_REQUEST), new FirstPacket.SslRequest(8)),
                Arguments.of(Packets.hex(Packets.GSSENC_REQUEST), new FirstPacket.GssEncRequest(8)),
                Arguments.of(Packets.hex("0000000c 04d21630 434d4753"), new FirstPacket.GssEncRequest(12)),
                Arguments.of(Packets.hex("0000000b 04d21630 434d47"), new FirstPacket.GssEncRequest(11)),
                Arguments.of(Packets.hex(Packets.ASK), new FirstPacket.Ask(32)),
                Arguments.of(Packets.hex(Packets.CANCEL_3_0), new FirstPacket.Cancel(16)),
                Arguments.of(Packets.hex("0000002c 04d2162e 00001234" + "ab".repeat(32)), new FirstPacket.Cancel(44)),
                Arguments.of(
                        Packets.startup(),
                        new FirstPacket.Startup(35, 0x00030000, Map.of("user", "alice", "database", "sales"))),
                Arguments.of(
                        Packets.startup(0x0003270f, "user", "é", "_pq_.x", "", "user", "last"),
                        new FirstPacket.Startup(35, 0x0003270f, Map.of("user", "last", "_pq_.x", ""))),
                Arguments.of(Packets.startup(0x00030000), new FirstPacket.Startup(9, 0x00030000, Map.of())),
                Arguments.of(Packets.clientHello(512), new FirstPacket.TlsClientHello(517)));
    }

    @ParameterizedTest
    @MethodSource("packets")
    void recognizesEachKindOnceItIsWhole(ByteBuf packet, FirstPacket expected) throws MalformedFirstPacket {
        for (int length = 0; length < packet.readableBytes(); length++) {
            assertThat(FirstPacketDecoder.decode(packet.slice(0, length)))
                    .as("%d bytes", length)
                    .isNull();
        }
        ByteBuf more = Packets.join(
                Unpooled.buffer().writeLong(7), packet, Unpooled.buffer().writeLong(-1));
        more.skipBytes(8);

        assertThat(FirstPacketDecoder.decode(packet)).isEqualTo(expected);
        assertThat(FirstPacketDecoder.decode(more)).isEqualTo(expected);
        assertThat(more.readerIndex()).isEqualTo(8);
    }

    @Test
    void keepsTheOrderOfParametersAndReplacesWhatIsNotUtf8() throws MalformedFirstPacket {
        ByteBuf packet = Packets.startup(0x00030000, "user", "b", "database", "d", "application_name", "a");
        packet.setByte(packet.indexOf(0, packet.writerIndex(), (byte) 'b'), 0xff);

        FirstPacket.Startup startup = (FirstPacket.Startup) FirstPacketDecoder.decode(packet);

        assertThat(startup).isNotNull();
        assertThat(startup.parameters().keySet()).containsExactly("user", "database", "application_name");
    }

    @Test
    void theDatabaseIsTheUserUnlessNamed() {
        assertThat(new FirstPacket.Startup(0, 0, Map.of("user", "u")).database())
                .isEqualTo("u");
        assertThat(new FirstPacket.Startup(0, 0, Map.of("user", "u", "database", "")).database())
                .isEqualTo("u");
        assertThat(new FirstPacket.Startup(0, 0, Map.of("user", "u", "database", "d")).database())
                .isEqualTo("d");
        assertThat(new FirstPacket.Startup(0, 0, Map.of()).database()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "47, first byte 0x47 (expected: 0x00 of a PostgreSQL packet or 0x16 of a TLS handshake)",
        "ff, first byte 0xff (expected: 0x00 of a PostgreSQL packet or 0x16 of a TLS handshake)",
        "00000007, a packet of length 7 (expected: 8 to 10004)",
        "00002715, a packet of length 10005 (expected: 8 to 10004)",
        "00ffffff, a packet of length 16777215 (expected: 8 to 10004)",
        "0000000800020000, 'request code 2.0 (expected: protocol 3, or an SSL, GSSENC or cancel request)'",
        "0000000804d21631, 'request code 1234.5681 (expected: protocol 3, or an SSL, GSSENC or cancel request)'",
        "0000000c04d2162e, a packet of length 12 (expected: 13 to 268)",
        "0000010d04d2162e, a packet of length 269 (expected: 13 to 268)",
        "0000000800030000, startup packet without its terminator (expected: a zero byte at its end)",
        "0000000a000300006100, startup packet without its terminator (expected: a zero byte at its end)",
        "0000000c0003000061006100, startup packet without its terminator (expected: a zero byte at its end)",
        "0000000a000300000000, startup packet with bytes behind its terminator",
        "1602, a TLS record of major version 2",
        "1603010000, a packet of length 5 (expected: 6 to 10004)",
        "16030127ff, a packet of length 10244 (expected: 6 to 10004)",
    })
    void rejectsAsSoonAsItCan(String bytes, String message) throws MalformedFirstPacket {
        assertThatThrownBy(() -> FirstPacketDecoder.decode(Packets.hex(bytes)))
                .isInstanceOf(MalformedFirstPacket.class)
                .hasMessage(message);
        assertThat(FirstPacketDecoder.decode(Packets.hex(bytes.substring(0, bytes.length() - 2))))
                .isNull();
    }

    @Test
    void takesThePacketsThatPostgresTakesAndNoLonger() throws MalformedFirstPacket {
        ByteBuf longest = Packets.startup(0x00030000, "options", "x".repeat(FirstPacket.MAX_LENGTH - 18));

        assertThat(longest.readableBytes()).isEqualTo(FirstPacket.MAX_LENGTH);
        assertThat(FirstPacketDecoder.decode(longest)).isInstanceOf(FirstPacket.Startup.class);
    }

    @Test
    void neitherFailsNorAsksForMoreThanTheLimitWhateverComes() {
        Random random = new Random(20261122);
        List<ByteBuf> seeds = packets().map(packet -> (ByteBuf) packet.get()[0]).toList();
        int rejected = 0;
        int recognized = 0;
        for (int i = 0; i < RANDOM_PACKETS; i++) {
            ByteBuf packet = mutated(seeds.get(random.nextInt(seeds.size())), random);
            int size = packet.readableBytes();
            try {
                FirstPacket read = FirstPacketDecoder.decode(packet);
                if (read != null) {
                    assertThat(read.length()).isBetween(1, size);
                    recognized++;
                } else {
                    assertThat(size).isLessThan(FirstPacket.MAX_LENGTH);
                }
            } catch (MalformedFirstPacket e) {
                rejected++;
            }
            assertThat(packet.readerIndex()).isZero();
        }

        assertThat(rejected).isGreaterThan(RANDOM_PACKETS / 10);
        assertThat(recognized).isGreaterThan(RANDOM_PACKETS / 10);
    }

    private static ByteBuf mutated(ByteBuf seed, Random random) {
        ByteBuf packet = Unpooled.buffer();
        if (random.nextInt(4) > 0) {
            packet.writeBytes(seed.slice());
        }
        for (int changes = random.nextInt(4); changes > 0 && packet.isReadable(); changes--) {
            packet.setByte(random.nextInt(packet.readableBytes()), random.nextInt(256));
        }
        byte[] tail =
                new byte[random.nextInt(8) == 0 ? random.nextInt(2 * FirstPacket.MAX_LENGTH) : random.nextInt(16)];
        random.nextBytes(tail);
        return packet.writeBytes(tail);
    }
}
