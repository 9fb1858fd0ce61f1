package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Captures made by hand: A declares B dead at 10,000 ms, with a timeout of 600 ms. */
class WitnessTest {
    private static final String EVIDENCE = "silent for 0.60 s; last beat #7; own stall 0 ms";
    private static final String VERDICT = "instance 1 (10.0.0.2:5432) declared dead: timed out: " + EVIDENCE;
    private static final byte[] BEAT = new byte[57];
    private static final List<String> BOTH = List.of("a", "b");
    private static final int A = 1;
    private static final int B = 2;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @BeforeEach
    void captures() throws IOException {
        BEAT[0] = 'B';
        BEAT[4] = 56;
        for (String file : BOTH) {
            ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
            Files.write(directory.resolve(file), header.putInt(0, 0xa1b2c3d4).array());
        }
    }

    @Test
    void aBeatThatCameInTimeMakesAVerdictWrong() throws IOException {
        passed(BOTH, 9_390, B, 1, BEAT);
        passed(BOTH, 9_500, B, 58, BEAT);
        declaredDead();
        assertThat(judged()).isEqualTo(Witness.Finding.WRONG);
    }

    @Test
    void whatTheKernelSendsAgainIsNoSignOfLife() throws IOException {
        passed(BOTH, 9_390, B, 1, BEAT);
        passed(BOTH, 9_500, B, 1, BEAT);
        passed(BOTH, 9_800, B, 58, new byte[0]);
        declaredDead();
        assertThat(judged()).isEqualTo(Witness.Finding.STOOD_STILL);
    }

    @Test
    void whatWasSentButDidNotComeIsTheNetworks() throws IOException {
        passed(BOTH, 9_390, B, 1, BEAT);
        passed(List.of("b"), 9_500, B, 58, BEAT);
        declaredDead();
        assertThat(judged()).isEqualTo(Witness.Finding.LOST_ON_THE_WAY);
    }

    @Test
    void aVerdictThatIsNotOnTheWireIsWrong() throws IOException {
        passed(BOTH, 9_390, B, 1, BEAT);
        assertThat(judged()).isEqualTo(Witness.Finding.WRONG);
    }

    @Test
    void whoeverWasGivenUpIsRightToEndTheLink() throws IOException {
        assertThat(Witness.gaveUp(a())).isFalse();
        declaredDead();
        assertThat(Witness.gaveUp(a())).isTrue();
    }

    @Test
    void aFileThatGrowsIsReadOnce() throws IOException {
        Wire wire = new Wire(directory.resolve("a"));
        passed(List.of("a"), 1_000, A, 1, BEAT);
        assertThat(wire.segments()).containsExactly(new Wire.Segment(1_000_000, "10.0.0.1", "10.0.0.2", ""));
        passed(List.of("a"), 1_250, A, 58, BEAT);
        assertThat(wire.segments()).hasSize(2);
        assertThat(Witness.sent(wire.segments(), "10.0.0.1")).isEqualTo(new Witness.Sent(2, 250));
        wire.forget();
        assertThat(wire.segments()).isEmpty();
    }

    private Witness.Finding judged() {
        Witness.End b = new Witness.End(new Wire(directory.resolve("b")).segments(), "10.0.0.2", "10.0.0.1");
        return new Witness(Duration.ofMillis(600)).judge(VERDICT, a(), b).finding();
    }

    private Witness.End a() {
        return new Witness.End(new Wire(directory.resolve("a")).segments(), "10.0.0.1", "10.0.0.2");
    }

    private void declaredDead() throws IOException {
        byte[] text = EVIDENCE.getBytes(StandardCharsets.UTF_8);
        ByteBuffer goodbye = ByteBuffer.allocate(BEAT.length + 8 + text.length)
                .put(BEAT)
                .put((byte) 'G')
                .putInt(7 + text.length)
                .put((byte) 8)
                .putShort((short) text.length)
                .put(text);
        passed(BOTH, 10_000, A, 1, goodbye.array());
    }

    /** Adds a packet of A to B or of B to A to captures. */
    private void passed(List<String> files, int millis, int from, int sequence, byte[] data) throws IOException {
        ByteBuffer packet = ByteBuffer.allocate(16 + 14 + 20 + 20 + data.length).order(ByteOrder.LITTLE_ENDIAN);
        packet.putInt(millis / 1000).putInt(millis % 1000 * 1000).putInt(packet.capacity() - 16);
        packet.putInt(packet.capacity() - 16).order(ByteOrder.BIG_ENDIAN);
        int ip = 30;
        packet.put(ip, (byte) 0x45).putShort(ip + 2, (short) (40 + data.length));
        packet.put(ip + 12, (byte) 10).put(ip + 15, (byte) from);
        packet.put(ip + 16, (byte) 10).put(ip + 19, (byte) (A + B - from));
        int tcp = ip + 20;
        packet.putInt(tcp + 4, sequence).put(tcp + 12, (byte) 0x50).put(tcp + 20, data);
        for (String file : files) {
            Files.write(directory.resolve(file), packet.array(), StandardOpenOption.APPEND);
        }
    }
}
