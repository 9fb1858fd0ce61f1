package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FrameTrackerTest {
    private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 0xd2, 0x16, 0x2f};
    private static final byte[] GSSENC_REQUEST = {0, 0, 0, 8, 4, (byte) 0xd2, 0x16, 0x30};
    private static final byte[] STARTUP = {0, 0, 0, 13, 0, 3, 0, 0, 'u', 0, 'a', 0, 0};

    private FrameTracker tracker = new FrameTracker();

    @BeforeEach
    void fresh() {
        tracker = new FrameTracker();
    }

    private void sent(byte[] bytes) {
        tracker.sent(bytes, 0, bytes.length);
    }

    private void received(byte... bytes) {
        tracker.received(bytes, 0, bytes.length);
    }

    private static byte[] frame(char type, int body) {
        return ByteBuffer.allocate(5 + body).put((byte) type).putInt(4 + body).array();
    }

    @Test
    void noMessageMayBeginBeforeTheStartUpPacketIsSent() {
        assertThat(tracker.atBoundary()).isFalse();
        sent(STARTUP);
        assertThat(tracker.atBoundary()).isTrue();
        assertThat(tracker.opening()).isFalse();
    }

    @Test
    void everyByteOfAMessageIsInsideIt() {
        sent(STARTUP);
        byte[] message = frame('D', 20);
        for (int i = 0; i < message.length - 1; i++) {
            tracker.received(message, i, 1);
            assertThat(tracker.atBoundary()).as("after byte %d", i).isFalse();
        }
        tracker.received(message, message.length - 1, 1);
        assertThat(tracker.atBoundary()).isTrue();
    }

    @Test
    void boundariesDoNotDependOnHowTheBytesArrive() {
        Random random = new Random(7);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int[] ends = new int[200];
        for (int i = 0; i < ends.length; i++) {
            all.writeBytes(frame('D', random.nextInt(4) == 0 ? 0 : random.nextInt(5000)));
            ends[i] = all.size();
        }
        byte[] bytes = all.toByteArray();
        sent(STARTUP);
        int at = 0;
        int message = 0;
        while (at < bytes.length) {
            int count = Math.min(1 + random.nextInt(6000), bytes.length - at);
            tracker.received(bytes, at, count);
            at += count;
            while (message < ends.length && ends[message] < at) {
                message++;
            }
            assertThat(tracker.atBoundary()).as("at %d", at).isEqualTo(ends[Math.min(message, 199)] == at);
        }
    }

    @Test
    void theLoginIsOverWithTheFirstReadyForQuery() {
        sent(STARTUP);
        received(frame('R', 4));
        assertThat(tracker.ready()).isFalse();
        received(frame('Z', 1));
        assertThat(tracker.ready()).isTrue();
    }

    @Test
    void aZInsideAMessageIsNotReadyForQuery() {
        sent(STARTUP);
        byte[] row = frame('D', 10);
        Arrays.fill(row, 5, 15, (byte) 'Z');
        received(row);
        assertThat(tracker.ready()).isFalse();
        assertThat(tracker.atBoundary()).isTrue();
    }

    @Test
    void theRefusalOfEncryptionIsOneByteAndNoNotice() {
        sent(GSSENC_REQUEST);
        assertThat(tracker.atBoundary()).isFalse();
        received((byte) 'N');
        sent(SSL_REQUEST);
        assertThat(tracker.atBoundary()).isFalse();
        received((byte) 'N');
        assertThat(tracker.opaque()).isFalse();
        sent(STARTUP);
        assertThat(tracker.atBoundary()).isTrue();
        received(frame('N', 3));
        assertThat(tracker.atBoundary()).isTrue();
    }

    @Test
    void anEncryptedConnectionCannotBeFollowed() {
        sent(SSL_REQUEST);
        received((byte) 'S', (byte) 0x16, (byte) 3);
        assertThat(tracker.opaque()).isTrue();
        received(frame('Z', 1));
        assertThat(tracker.atBoundary()).isFalse();
        assertThat(tracker.ready()).isFalse();

        fresh();
        sent(GSSENC_REQUEST);
        received((byte) 'G');
        assertThat(tracker.opaque()).isTrue();

        fresh();
        sent(new byte[] {0x16, 3, 1, 0, 5});
        assertThat(tracker.opaque()).isTrue();
    }

    @Test
    void anErrorMayAnswerTheRequestForEncryption() {
        sent(SSL_REQUEST);
        byte[] error = frame('E', 9);
        received(error);
        assertThat(tracker.atBoundary()).isTrue();
        assertThat(tracker.opaque()).isFalse();
    }

    @Test
    void theFirstPacketMayComeInPieces() {
        for (byte one : SSL_REQUEST) {
            assertThat(tracker.opening()).isTrue();
            sent(new byte[] {one});
        }
        assertThat(tracker.opening()).isFalse();
        received((byte) 'N');
        assertThat(tracker.opening()).isTrue();
    }

    @Test
    void aServerThatSpeaksFirstSendsMessages() {
        received(frame('E', 30));
        assertThat(tracker.atBoundary()).isTrue();
    }

    @Test
    void givesUpOnWhatIsNoMessage() {
        sent(STARTUP);
        received((byte) 'D', (byte) 0, (byte) 0, (byte) 0, (byte) 3);
        assertThat(tracker.opaque()).isTrue();
        fresh();
        sent(STARTUP);
        received((byte) 'D', (byte) 0xff, (byte) 0, (byte) 0, (byte) 3);
        assertThat(tracker.opaque()).isTrue();
    }

    @Test
    void followsTheLargestMessage() {
        sent(STARTUP);
        received((byte) 'd', (byte) 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff);
        byte[] megabyte = new byte[1 << 20];
        long left = Integer.MAX_VALUE - 4L;
        while (left > megabyte.length) {
            received(megabyte);
            left -= megabyte.length;
        }
        assertThat(tracker.atBoundary()).isFalse();
        tracker.received(megabyte, 0, (int) left);
        assertThat(tracker.atBoundary()).isTrue();
    }
}
