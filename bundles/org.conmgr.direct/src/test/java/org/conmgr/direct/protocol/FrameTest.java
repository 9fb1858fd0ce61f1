package org.conmgr.direct.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FrameTest {
    static Stream<Arguments> frames() {
        return Stream.of(
                Arguments.of(
                        new Frame.Routed(
                                1, "db1", "192.0.2.1", 5432, "standby", false, List.of("db0:5432", "[::1]:27500")),
                        "C",
                        "instance\0001\0host\0db1\0hostaddr\000192.0.2.1\0port\0005432\0role\0standby\0monitored\0off\0"
                                + "others\0db0:5432,[::1]:27500\0\0"),
                Arguments.of(
                        new Frame.Routed(
                                1,
                                "db1",
                                "",
                                5432,
                                "standby",
                                true,
                                List.of("db0:5432", "db2:5432"),
                                List.of("", "192.0.2.2")),
                        "C",
                        "instance\0001\0host\0db1\0hostaddr\0\0port\0005432\0role\0standby\0monitored\0on\0"
                                + "others\0db0:5432,db2:5432\0others_hostaddr\0,192.0.2.2\0\0"),
                Arguments.of(
                        new Frame.Routed(0, "db0", "", 1, "primary", true, List.of()),
                        "C",
                        "instance\0000\0host\0db0\0hostaddr\0\0port\0001\0role\0primary\0monitored\0on\0others\0\0\0"),
                Arguments.of(
                        new Frame.Refused("08001", "no instance"), "C", "sqlstate\00008001\0message\0no instance\0\0"),
                Arguments.of(
                        new Frame.Refused("08001", "no", List.of("db0:1", "db1:2"), List.of("192.0.2.1", "")),
                        "C",
                        "sqlstate\00008001\0message\0no\0others\0db0:1,db1:2\0others_hostaddr\000192.0.2.1,\0\0"),
                Arguments.of(
                        new Frame.Down(3, "dead", "silent"), "D", "instance\0003\0cause\0dead\0message\0silent\0\0"),
                Arguments.of(new Frame.Bound("::1", 65535), "B", "address\0::1\0port\00065535\0\0"));
    }

    private static byte[] bytes(String type, String fields) {
        ByteBuffer frame = ByteBuffer.allocate(5 + fields.length());
        frame.put((byte) type.charAt(0)).putInt(4 + fields.length());
        fields.chars().forEach(c -> frame.put((byte) c));
        return frame.array();
    }

    @ParameterizedTest
    @MethodSource("frames")
    void hasTheseBytes(Frame frame, String type, String fields) throws MalformedPacket {
        byte[] bytes = bytes(type, fields);

        assertThat(frame.encode()).containsExactly(bytes);
        assertThat(Frame.decode(ByteBuffer.wrap(bytes))).contains(frame);
    }

    @ParameterizedTest
    @MethodSource("frames")
    void waitsUntilItIsWholeAndReadsNoFurther(Frame frame, String type, String fields) throws MalformedPacket {
        byte[] bytes = bytes(type, fields);
        for (int length = 0; length < bytes.length; length++) {
            ByteBuffer part = ByteBuffer.wrap(bytes, 0, length);
            assertThat(Frame.decode(part)).isEmpty();
            assertThat(part.position()).isZero();
        }
        ByteBuffer two = ByteBuffer.allocate(3 + 2 * bytes.length).position(3);
        two.put(bytes).put(bytes).position(3);

        assertThat(Frame.decode(two)).contains(frame);
        assertThat(Frame.decode(two)).contains(frame);
        assertThat(two.hasRemaining()).isFalse();
    }

    @Test
    void skipsTypesAndKeysItDoesNotKnow() throws MalformedPacket {
        ByteBuffer unknown = ByteBuffer.wrap(bytes("?", "anything"));
        assertThat(Frame.decode(unknown)).contains(new Frame.Unknown((byte) '?'));
        assertThat(unknown.hasRemaining()).isFalse();
        assertThat(Frame.decode(ByteBuffer.wrap(bytes("B", "port\0001\0new\0x\0address\000127.0.0.1\0\0"))))
                .contains(new Frame.Bound("127.0.0.1", 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "B00000003 | a frame of length 3 (expected: 4 to 8192)",
                "B00002001 | a frame of length 8193 (expected: 4 to 8192)",
                "Bffffffff | a frame of length -1 (expected: 4 to 8192)",
                "B00000004 | a string without its end (expected: a zero byte)",
                "B00000005 00 | a frame without its field address",
                "B0000000f 6164647265737300 7800 00 | a frame without its field port",
                "B00000015 6164647265737300 00 706f727400 3000 00 | port: 0 (expected: 1 to 65535)",
                "B00000019 6164647265737300 00 706f727400 363535333600 00 | port: 65536 (expected: 1 to 65535)",
                "B00000015 6164647265737300 00 706f727400 7800 00 | port: x (expected: a decimal integer)",
                "D00000005 00 | a frame without its field instance",
                "C00000005 00 | a frame without its field instance",
                "C00000010 73716c737461746500 7800 00 | a frame without its field message",
            })
    void saysWhatIsWrong(String frame, String message) {
        byte[] rest = HexFormat.of().parseHex(frame.substring(1).replace(" ", ""));
        ByteBuffer bytes = ByteBuffer.allocate(1 + rest.length);
        bytes.put((byte) frame.charAt(0)).put(rest).flip();

        assertThatThrownBy(() -> Frame.decode(bytes))
                .isInstanceOf(MalformedPacket.class)
                .hasMessage(message);
    }

    @Test
    void refusesToSendWhatNobodyWouldRead() {
        assertThatThrownBy(() -> new Frame.Refused("08001", "x".repeat(Frame.MAX_LENGTH)).encode())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith("(at most 8192)");
        assertThatThrownBy(() -> new Frame.Unknown((byte) 'x').encode()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new Frame.Refused("08001", "\0").encode())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
