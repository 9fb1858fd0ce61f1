package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerFramesTest {
    private static final byte[] KEY_30 = new byte[] {0, 0, 1, 2, 10, 11, 12, 13};

    private static ByteBuf message(ByteBuf into, char type, byte... payload) {
        return into.writeByte(type).writeInt(payload.length + 4).writeBytes(payload);
    }

    private static ByteBuf start(byte[] key) {
        ByteBuf bytes = Unpooled.buffer();
        message(bytes, 'R', new byte[4]);
        message(bytes, 'S', new byte[20]);
        message(bytes, 'K', key);
        return message(bytes, 'Z', (byte) 'I');
    }

    private static byte[] key(int length) {
        byte[] key = new byte[4 + length];
        new Random(length).nextBytes(key);
        return key;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 32, 256})
    void learnsTheKeyInWhateverPiecesItComes(int length) {
        byte[] key = key(length);
        for (int piece = 1; piece < 60; piece++) {
            ServerFrames frames = new ServerFrames();
            ByteBuf bytes = start(key);
            byte[] learned = null;
            while (bytes.isReadable()) {
                frames.pass(bytes.readSlice(Math.min(piece, bytes.readableBytes())));
                byte[] now = frames.takeKey();
                learned = now == null ? learned : now;
            }
            assertThat(learned).as("pieces of %d", piece).isEqualTo(key);
            assertThat(frames.takeKey()).isNull();
            assertThat(frames.ready()).isTrue();
            assertThat(frames.atBoundary()).isTrue();
        }
    }

    @Test
    void knowsTheBoundariesAtEveryByte() {
        ByteBuf bytes = Unpooled.buffer();
        message(bytes, 'N', new byte[7]);
        int first = bytes.writerIndex();
        message(bytes, 'Z', (byte) 'I');
        int second = bytes.writerIndex();
        message(bytes, 'I');
        int third = bytes.writerIndex();
        ServerFrames frames = new ServerFrames();
        for (int i = 1; i <= third; i++) {
            frames.pass(bytes.readSlice(1));
            assertThat(frames.atBoundary()).as("after byte %d", i).isEqualTo(i == first || i == second || i == third);
            assertThat(frames.ready()).isEqualTo(i >= first + 5);
        }
    }

    @Test
    void knowsTheBoundariesOfASessionThatHasBegunInWhateverPiecesItComes() {
        Random random = new Random(5);
        ByteBuf all = start(KEY_30);
        BitSet boundaries = new BitSet();
        boundaries.set(all.writerIndex());
        int begun = all.writerIndex();
        for (int i = 0; i < 400; i++) {
            message(all, 'D', new byte[random.nextInt(random.nextInt(20) == 0 ? 3000 : 12)]);
            boundaries.set(all.writerIndex());
        }
        for (int longest = 1; longest < 5000; longest += 1 + longest / 8) {
            ServerFrames frames = new ServerFrames();
            ByteBuf bytes = all.duplicate();
            frames.pass(bytes.readSlice(begun));
            while (bytes.isReadable()) {
                frames.pass(bytes.readSlice(Math.min(1 + random.nextInt(longest), bytes.readableBytes())));
                assertThat(frames.atBoundary())
                        .as("after byte %d, in pieces of at most %d", bytes.readerIndex(), longest)
                        .isEqualTo(boundaries.get(bytes.readerIndex()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, -1, Integer.MIN_VALUE})
    void aLengthThatCannotBeEndsAllKnowledgeOfASessionThatHasBegun(int length) {
        for (int more = 0; more < 20; more++) {
            ServerFrames frames = new ServerFrames();
            frames.pass(start(KEY_30));
            ByteBuf wrong = message(Unpooled.buffer(), 'D', new byte[more % 2 == 0 ? 9 : 900]);
            frames.pass(wrong.writeByte('D').writeInt(length).writeZero(more));
            assertThat(frames.atBoundary()).isFalse();
            frames.pass(message(Unpooled.buffer(), 'Z', (byte) 'I'));
            assertThat(frames.atBoundary()).isFalse();
        }
    }

    @Test
    void bytesAreLeftAsTheyAre() {
        ByteBuf bytes = start(KEY_30);
        ByteBuf copy = bytes.copy();
        new ServerFrames().pass(bytes);
        assertThat(bytes).isEqualTo(copy);
    }

    @Test
    void aLengthThatCannotBeEndsAllKnowledge() {
        ServerFrames frames = new ServerFrames();
        frames.pass(Unpooled.buffer().writeByte('D').writeInt(3));
        frames.pass(start(KEY_30));
        assertThat(frames.atBoundary()).isFalse();
        assertThat(frames.takeKey()).isNull();
    }

    @Test
    void aKeyOfImpossibleLengthIsNotKept() {
        ServerFrames frames = new ServerFrames();
        frames.pass(start(new byte[4 + 257]));
        assertThat(frames.takeKey()).isNull();
        assertThat(frames.atBoundary()).isTrue();
    }

    @Test
    void whatLooksLikeAKeyLaterOnIsNone() {
        ServerFrames frames = new ServerFrames();
        frames.pass(start(KEY_30));
        frames.takeKey();
        frames.pass(message(Unpooled.buffer(), 'K', KEY_30));
        assertThat(frames.takeKey()).isNull();
    }

    @Test
    void aFrameOfAGigabyteCostsNothing() {
        ServerFrames frames = new ServerFrames();
        ByteBuf chunk = Unpooled.wrappedBuffer(new byte[1 << 20]);
        frames.pass(Unpooled.buffer().writeByte('D').writeInt(4 + (1 << 30)));
        for (int i = 0; i < 1 << 10; i++) {
            assertThat(frames.atBoundary()).isFalse();
            frames.pass(chunk.duplicate());
        }
        assertThat(frames.atBoundary()).isTrue();
    }
}
