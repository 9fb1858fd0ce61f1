package org.conmgr.listener.internal;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.listener.FirstPacket;
import org.jspecify.annotations.Nullable;

/**
 * Recognizes the first packet. It rejects as early as the bytes allow: at the first byte what is neither TLS nor a
 * length below 64 KiB, at the fourth a wrong length, at the eighth an unknown code.
 *
 * <pre>
 *  Int32 length | Int32 code | body            code: 3.x, or 1234 in the upper half
 *  0x16 0x03 Byte | Int16 length | fragment    a TLS record (RFC 8446, 5.1)
 * </pre>
 */
final class FirstPacketDecoder {
    /** An SQLSTATE. */
    static final String PROTOCOL_VIOLATION = "08P01";

    private static final int HEADER = 8;
    private static final int CANCEL_REQUEST = 80877102;
    private static final int SSL_REQUEST = 80877103;
    private static final int GSSENC_REQUEST = 80877104;
    /** {@code CMGR}. */
    private static final int ASK = 0x434D4752;

    /** A process id and a key of one byte to 256, as PostgreSQL's "CancelRequest" has it. */
    private static final int MIN_CANCEL = 13;

    private static final int MAX_CANCEL = 12 + 256;

    private static final int TLS_HANDSHAKE = 0x16;
    private static final int TLS_MAJOR = 3;
    private static final int TLS_HEADER = 5;

    private FirstPacketDecoder() {}

    /**
     * Reads the packet at the buffer's reader index, and moves nothing.
     *
     * @return null while more bytes must come; a caller need never hold more than {@link FirstPacket#MAX_LENGTH}
     */
    static @Nullable FirstPacket decode(ByteBuf in) throws MalformedFirstPacket {
        int start = in.readerIndex();
        int size = in.readableBytes();
        if (size == 0) {
            return null;
        }
        int first = in.getUnsignedByte(start);
        if (first == TLS_HANDSHAKE) {
            return tls(in, start, size);
        }
        if (first != 0) {
            throw new MalformedFirstPacket(String.format(
                    "first byte 0x%02x (expected: 0x00 of a PostgreSQL packet or 0x16 of a TLS handshake)", first));
        }
        if (size < Integer.BYTES) {
            return null;
        }
        int length = requireLength(in.getInt(start), HEADER, FirstPacket.MAX_LENGTH);
        if (size < HEADER) {
            return null;
        }
        int code = in.getInt(start + Integer.BYTES);
        requireKnown(code, length);
        return size < length ? null : packet(in, start, length, code);
    }

    private static void requireKnown(int code, int length) throws MalformedFirstPacket {
        switch (code) {
            case CANCEL_REQUEST -> requireLength(length, MIN_CANCEL, MAX_CANCEL);
            case SSL_REQUEST, GSSENC_REQUEST -> {
                // PostgreSQL takes any length here, and so do we.
            }
            default -> {
                if (code >>> 16 != 3) {
                    String version = (code >>> 16) + "." + (code & 0xffff);
                    throw new MalformedFirstPacket(
                            "request code " + version + " (expected: protocol 3, or an SSL, GSSENC or cancel request)",
                            // As PostgreSQL says it, in the form that version 3 has for it.
                            new ErrorResponse(
                                    "0A000",
                                    "unsupported frontend protocol " + version + ": conmgr takes protocol 3",
                                    null,
                                    null));
                }
            }
        }
    }

    private static FirstPacket packet(ByteBuf in, int start, int length, int code) throws MalformedFirstPacket {
        return switch (code) {
            case CANCEL_REQUEST -> new FirstPacket.Cancel(length);
            case SSL_REQUEST -> new FirstPacket.SslRequest(length);
            case GSSENC_REQUEST ->
                length >= HEADER + Integer.BYTES && in.getInt(start + HEADER) == ASK
                        ? new FirstPacket.Ask(length)
                        : new FirstPacket.GssEncRequest(length);
            default -> new FirstPacket.Startup(length, code, parameters(in, start + HEADER, start + length));
        };
    }

    private static Map<String, String> parameters(ByteBuf in, int start, int end) throws MalformedFirstPacket {
        Map<String, String> parameters = new LinkedHashMap<>();
        int at = start;
        while (true) {
            int nameEnd = zero(in, at, end);
            if (nameEnd == at) {
                if (at != end - 1) {
                    throw badLayout("startup packet with bytes behind its terminator");
                }
                return parameters;
            }
            int valueEnd = zero(in, nameEnd + 1, end);
            parameters.put(string(in, at, nameEnd), string(in, nameEnd + 1, valueEnd));
            at = valueEnd + 1;
        }
    }

    private static int zero(ByteBuf in, int from, int end) throws MalformedFirstPacket {
        int zero = from >= end ? -1 : in.indexOf(from, end, (byte) 0);
        if (zero < 0) {
            throw badLayout("startup packet without its terminator (expected: a zero byte at its end)");
        }
        return zero;
    }

    private static MalformedFirstPacket badLayout(String message) {
        // PostgreSQL's words.
        String answer = "invalid startup packet layout: expected terminator as last byte";
        return new MalformedFirstPacket(message, new ErrorResponse(PROTOCOL_VIOLATION, answer, null, null));
    }

    private static String string(ByteBuf in, int start, int end) {
        return in.toString(start, end - start, StandardCharsets.UTF_8);
    }

    private static @Nullable FirstPacket tls(ByteBuf in, int start, int size) throws MalformedFirstPacket {
        if (size >= 2 && in.getUnsignedByte(start + 1) != TLS_MAJOR) {
            throw new MalformedFirstPacket("a TLS record of major version " + in.getUnsignedByte(start + 1));
        }
        if (size < TLS_HEADER) {
            return null;
        }
        int length = TLS_HEADER + in.getUnsignedShort(start + TLS_HEADER - Short.BYTES);
        requireLength(length, TLS_HEADER + 1, FirstPacket.MAX_LENGTH);
        return size < length ? null : new FirstPacket.TlsClientHello(length);
    }

    private static int requireLength(int length, int min, int max) throws MalformedFirstPacket {
        if (length < min || length > max) {
            throw new MalformedFirstPacket("a packet of length " + length + " (expected: " + min + " to " + max + ")");
        }
        return length;
    }
}
