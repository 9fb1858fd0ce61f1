package org.conmgr.direct.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The driver's question.
 *
 * @param target libpq's word, e.g. {@code read-write}; conmgr refuses one it does not know
 * @param application application name, may be empty
 * @param pid process id, 0 when not known
 * @param minLsn byte position the instance must have reached, 0 for any
 * @param instance {@code host:port} of the instance that the driver is connected to already and wants to be told about,
 *     as the answer wrote it; empty to be told where to go
 */
public record Ask(String target, String application, long pid, long minLsn, String instance) {
    /** The code of a GSSENCRequest. */
    public static final int GSSENC_REQUEST = 80877104;

    /** {@code CMGR}. */
    public static final int MAGIC = 0x434D4752;

    /** The version of this protocol. */
    public static final byte VERSION = 1;

    /** The most bytes of a whole ask: poolers read it in one piece. */
    public static final int MAX_LENGTH = 1008;

    private static final int HEADER = 13;

    /** Asks where to go. */
    public Ask(String target, String application, long pid, long minLsn) {
        this(target, application, pid, minLsn, "");
    }

    /**
     * The whole packet, to be written in one piece. A too long application name is cut.
     *
     * @throws IllegalArgumentException if the target is too long, or there is a zero byte in a string
     */
    public byte[] encode() {
        int room = MAX_LENGTH - encode("").length;
        if (room < 0) {
            throw new IllegalArgumentException("target and instance: " + (target.length() + instance.length())
                    + " characters (expected: what fits into " + MAX_LENGTH + " bytes)");
        }
        return encode(cut(application, room));
    }

    /** As much of the text as fits into so many bytes of UTF-8, never half a character. */
    private static String cut(String text, int room) {
        int end = 0;
        for (int left = room; end < text.length(); ) {
            int c = text.codePointAt(end);
            left -= c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            if (left < 0) {
                break;
            }
            end += Character.charCount(c);
        }
        return text.substring(0, end);
    }

    private byte[] encode(String name) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("target", target);
        fields.put("application", name);
        if (pid != 0) {
            fields.put("pid", Long.toString(pid));
        }
        if (minLsn != 0) {
            fields.put("min_lsn", Long.toUnsignedString(minLsn));
        }
        if (!instance.isEmpty()) {
            fields.put("instance", instance);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        out.writeBytes(new byte[HEADER]);
        Fields.write(out, fields);
        byte[] packet = out.toByteArray();
        ByteBuffer.wrap(packet)
                .putInt(packet.length)
                .putInt(GSSENC_REQUEST)
                .putInt(MAGIC)
                .put(VERSION);
        return packet;
    }

    /**
     * Reads a whole packet, from its length on.
     *
     * @throws MalformedPacket when it is a GSSENCRequest with something else behind it, or another version
     */
    public static Ask decode(ByteBuffer packet) throws MalformedPacket {
        if (packet.remaining() < HEADER || packet.remaining() > MAX_LENGTH) {
            throw new MalformedPacket(
                    "an ask of " + packet.remaining() + " bytes (expected: " + HEADER + " to " + MAX_LENGTH + ")");
        }
        int size = packet.remaining();
        int length = packet.getInt();
        int code = packet.getInt();
        int magic = packet.getInt();
        byte version = packet.get();
        if (length != size || code != GSSENC_REQUEST || magic != MAGIC) {
            throw new MalformedPacket("not an ask (expected: a GSSENCRequest with CMGR behind it)");
        }
        if (version != VERSION) {
            throw new MalformedPacket("ask of protocol version " + version + " (expected: " + VERSION + ")");
        }
        Map<String, String> fields = Fields.read(packet);
        long pid = number("pid", fields);
        if (pid < 0) {
            throw malformed("pid", fields);
        }
        return new Ask(
                fields.getOrDefault("target", "any"),
                fields.getOrDefault("application", ""),
                pid,
                number("min_lsn", fields),
                fields.getOrDefault("instance", ""));
    }

    private static long number(String key, Map<String, String> fields) throws MalformedPacket {
        try {
            return Long.parseUnsignedLong(fields.getOrDefault(key, "0"));
        } catch (NumberFormatException e) {
            throw malformed(key, fields);
        }
    }

    private static MalformedPacket malformed(String key, Map<String, String> fields) {
        return new MalformedPacket(key + ": " + fields.get(key) + " (expected: a decimal integer)");
    }
}
