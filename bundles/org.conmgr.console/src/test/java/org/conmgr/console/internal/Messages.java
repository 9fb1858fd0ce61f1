package org.conmgr.console.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** What a client sends, byte by byte as the documentation says. */
final class Messages {
    private Messages() {}

    static byte[] query(String sql) {
        return message('Q', string(sql));
    }

    static byte[] parse(String statement, String sql) {
        return message('P', string(statement), string(sql), number(2, 0));
    }

    static byte[] bind(String portal, String statement, int... formats) {
        byte[] codes = new byte[2 * formats.length];
        for (int i = 0; i < formats.length; i++) {
            codes[2 * i + 1] = (byte) formats[i];
        }
        return message(
                'B', string(portal), string(statement), number(2, 0), number(2, 0), number(2, formats.length), codes);
    }

    static byte[] describe(char kind, String name) {
        return message('D', number(1, kind), string(name));
    }

    static byte[] execute(String portal, int maxRows) {
        return message('E', string(portal), number(4, maxRows));
    }

    static byte[] close(char kind, String name) {
        return message('C', number(1, kind), string(name));
    }

    static byte[] sync() {
        return message('S');
    }

    static byte[] message(char type, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        return ByteBuffer.allocate(5 + body.size())
                .put((byte) type)
                .putInt(4 + body.size())
                .put(body.toByteArray())
                .array();
    }

    static byte[] string(String text) {
        return (text + '\0').getBytes(UTF_8);
    }

    static byte[] number(int bytes, int value) {
        return Arrays.copyOfRange(ByteBuffer.allocate(4).putInt(value).array(), 4 - bytes, 4);
    }
}
