package org.conmgr.direct.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever comes, the decoders answer, wait within the limit, or say what is malformed. */
class HostileBytesTest {
    private static final int PACKETS = 50_000;

    private final Random random = new Random(20261122);
    private int read;
    private int malformed;

    @Test
    void asks() {
        List<byte[]> seeds = List.of(
                new Ask("read-write", "psql", 17, 42).encode(),
                new Ask("any", "", 0, 0).encode(),
                new Ask("prefer-standby", "ü".repeat(600), 99, -1).encode());
        for (int i = 0; i < PACKETS; i++) {
            ByteBuffer packet = mutated(seeds.get(random.nextInt(seeds.size())));
            if (packet.remaining() >= 4 && random.nextBoolean()) {
                packet.putInt(0, packet.remaining());
            }
            try {
                Ask ask = Ask.decode(packet);
                assertThat(ask.pid()).isNotNegative();
                read++;
            } catch (MalformedPacket e) {
                malformed++;
            }
        }

        assertThat(read).isGreaterThan(PACKETS / 100);
        assertThat(malformed).isGreaterThan(PACKETS / 100);
    }

    @Test
    void frames() {
        List<byte[]> seeds = List.of(
                new Frame.Routed(0, "h", "127.0.0.1", 5432, "primary", true, List.of("a:1", "b:2")).encode(),
                new Frame.Refused("08001", "no").encode(),
                new Frame.Down(1, "dead", "gone").encode(),
                new Frame.Bound("127.0.0.1", 40000).encode());
        for (int i = 0; i < PACKETS; i++) {
            ByteBuffer bytes = mutated(seeds.get(random.nextInt(seeds.size())));
            int start = bytes.position();
            int size = bytes.remaining();
            try {
                Optional<Frame> frame = Frame.decode(bytes);
                if (frame.isPresent()) {
                    assertThat(bytes.position()).isGreaterThan(start);
                    read++;
                } else {
                    assertThat(size).isLessThan(1 + Frame.MAX_LENGTH);
                    assertThat(bytes.position()).isEqualTo(start);
                }
            } catch (MalformedPacket e) {
                malformed++;
            }
        }

        assertThat(read).isGreaterThan(PACKETS / 100);
        assertThat(malformed).isGreaterThan(PACKETS / 100);
    }

    private ByteBuffer mutated(byte[] seed) {
        int keep = random.nextInt(4) == 0 ? random.nextInt(seed.length + 1) : seed.length;
        int tail = random.nextInt(50) == 0 ? random.nextInt(2 * Frame.MAX_LENGTH) : random.nextInt(3);
        byte[] bytes = new byte[keep + tail];
        random.nextBytes(bytes);
        System.arraycopy(seed, 0, bytes, 0, keep);
        for (int changes = random.nextInt(3); changes > 0 && bytes.length > 0; changes--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return ByteBuffer.wrap(bytes);
    }
}
