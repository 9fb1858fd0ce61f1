package org.conmgr.direct.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Key, value pairs of zero-ended UTF-8 strings, ended by an empty key. */
final class Fields {
    private Fields() {}

    static void write(ByteArrayOutputStream out, Map<String, String> fields) {
        fields.forEach((key, value) -> {
            string(out, key);
            string(out, value);
        });
        out.write(0);
    }

    static Map<String, String> read(ByteBuffer in) throws MalformedPacket {
        Map<String, String> fields = new LinkedHashMap<>();
        while (true) {
            String key = string(in);
            if (key.isEmpty()) {
                return fields;
            }
            fields.put(key, string(in));
        }
    }

    private static void string(ByteArrayOutputStream out, String text) {
        if (text.indexOf(0) >= 0) {
            throw new IllegalArgumentException("a string with a zero byte cannot be sent");
        }
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        out.write(0);
    }

    private static String string(ByteBuffer in) throws MalformedPacket {
        int end = in.position();
        while (end < in.limit() && in.get(end) != 0) {
            end++;
        }
        if (end == in.limit()) {
            throw new MalformedPacket("a string without its end (expected: a zero byte)");
        }
        ByteBuffer bytes = in.slice(in.position(), end - in.position());
        in.position(end + 1);
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(bytes);
            return text.toString();
        } catch (CharacterCodingException e) {
            throw new MalformedPacket("a string that is not UTF-8");
        }
    }
}
