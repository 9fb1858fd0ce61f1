package org.conmgr.direct.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskTest {
    /** Length 85, GSSENCRequest, CMGR, version 1, then target, application, pid, min_lsn. */
    private static final String GOLDEN = "00000055 04d21630 434d4752 01"
            + " 74617267657400 726561642d777269746500" // target, read-write
            + " 6170706c69636174696f6e00 c3a900" // application, é
            + " 70696400 3432303000" // pid, 4200
            + " 6d696e5f6c736e00 313834343637343430373337303935353136313500" // min_lsn, the highest
            + " 00";

    private static final Ask ASK = new Ask("read-write", "é", 4200, -1);

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    @Test
    void hasTheseBytes() throws MalformedPacket {
        assertThat(HexFormat.of().formatHex(ASK.encode())).isEqualTo(GOLDEN.replace(" ", ""));
        assertThat(Ask.decode(ByteBuffer.wrap(bytes(GOLDEN)))).isEqualTo(ASK);
    }

    @Test
    void namesTheInstanceOfADriverThatIsConnectedAlready() throws MalformedPacket {
        Ask ask = new Ask("standby", "psql", 7, 0, "[::1]:5432");

        assertThat(new String(ask.encode(), StandardCharsets.UTF_8)).endsWith("\0instance\0[::1]:5432\0\0");
        assertThat(Ask.decode(ByteBuffer.wrap(ask.encode()))).isEqualTo(ask);
    }

    @Test
    void isReadWhereverItLiesInABuffer() throws MalformedPacket {
        ByteBuffer buffer =
                ByteBuffer.allocate(200).position(7).put(ASK.encode()).flip().position(7);

        assertThat(Ask.decode(buffer)).isEqualTo(ASK);
    }

    @Test
    void leavesOutWhatIsNotKnownAndReadsItsDefault() throws MalformedPacket {
        Ask ask = new Ask("any", "", 0, 0);

        assertThat(ask.encode()).hasSize(13 + "target\0any\0application\0\0\0".length());
        assertThat(Ask.decode(ByteBuffer.wrap(ask.encode()))).isEqualTo(ask);
        assertThat(Ask.decode(ByteBuffer.wrap(bytes("0000000e 04d21630 434d4752 01 00"))))
                .isEqualTo(ask);
    }

    @Test
    void skipsKeysItDoesNotKnow() throws MalformedPacket {
        assertThat(Ask.decode(ByteBuffer.wrap(bytes("00000012 04d21630 434d4752 01 7800 7900 00"))))
                .isEqualTo(new Ask("any", "", 0, 0));
    }

    @ParameterizedTest
    @CsvSource({"a, 2000", "é, 2000", "😀, 2000", "€, 317", "a, 968", "a, 969"})
    void cutsALongApplicationNameBetweenCharacters(String character, int count) throws MalformedPacket {
        String name = character.repeat(count);
        byte[] packet = new Ask("any", name, 0, 0).encode();

        assertThat(packet.length).isLessThanOrEqualTo(Ask.MAX_LENGTH);
        String sent = Ask.decode(ByteBuffer.wrap(packet)).application();
        assertThat(name).startsWith(sent);
        assertThat(sent.length() % character.length()).isZero();
        assertThat(sent).isNotEmpty();
    }

    @Test
    void refusesToSendWhatItCouldNotRead() {
        assertThatThrownBy(() -> new Ask("any", "a\0b", 0, 0).encode()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Ask("x".repeat(1_000), "", 0, 0).encode())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("target and instance: 1000 characters (expected: what fits into 1008 bytes)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "00000008 04d21630 | an ask of 8 bytes (expected: 13 to 1008)",
                "0000000f 04d21630 434d4752 01 00 | not an ask (expected: a GSSENCRequest with CMGR behind it)",
                "0000000e 04d2162f 434d4752 01 00 | not an ask (expected: a GSSENCRequest with CMGR behind it)",
                "0000000e 04d21630 434d4753 01 00 | not an ask (expected: a GSSENCRequest with CMGR behind it)",
                "0000000e 04d21630 434d4752 02 00 | ask of protocol version 2 (expected: 1)",
                "0000000d 04d21630 434d4752 01 | a string without its end (expected: a zero byte)",
                "0000000f 04d21630 434d4752 01 7800 | a string without its end (expected: a zero byte)",
                "00000011 04d21630 434d4752 01 7800 ff00 | a string that is not UTF-8",
                "00000014 04d21630 434d4752 01 70696400 7800 00 | pid: x (expected: a decimal integer)",
                "00000015 04d21630 434d4752 01 70696400 2d3100 00 | pid: -1 (expected: a decimal integer)",
            })
    void saysWhatIsWrong(String hex, String message) {
        assertThatThrownBy(() -> Ask.decode(ByteBuffer.wrap(bytes(hex))))
                .isInstanceOf(MalformedPacket.class)
                .hasMessage(message);
    }

    @Test
    void aProcessIdBeyondEveryKernelsIsMalformed() {
        assertThatThrownBy(() -> Ask.decode(ByteBuffer.wrap(
                        bytes("00000027 04d21630 434d4752 01 70696400 313834343637343430373337303935353136313500 00"))))
                .hasMessage("pid: 18446744073709551615 (expected: a decimal integer)");
    }
}
