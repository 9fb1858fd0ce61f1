package org.conmgr.jdbc;

/**
 * Follows the bytes of a PostgreSQL connection just so far as to know whether the next byte from the server begins a
 * message. It counts, it copies nothing, and it gives up for good when the bytes are encrypted.
 *
 * <pre>
 *  client: Int32 length | Int32 code ...   the first packets, which have no type: SSLRequest, GSSENCRequest, start-up
 *  server: Byte                            the answer to SSLRequest or GSSENCRequest
 *  server: Byte type | Int32 length (itself included, type not) | ...      everything else
 * </pre>
 *
 * <p>Used by one thread at a time, the one that uses the connection.
 */
final class FrameTracker {
    private static final int SSL_REQUEST = 80877103;
    private static final int GSSENC_REQUEST = 80877104;
    private static final int TLS_HANDSHAKE = 0x16;
    private static final int READY_FOR_QUERY = 'Z';
    private static final int HEADER = 5;

    private enum Phase {
        /** The client has not sent its first packet, or not yet eight bytes of it. */
        OPENING,
        /** The server owes the byte that answers an SSLRequest or GSSENCRequest. */
        ANSWER,
        /** The server sends messages. */
        FRAMES,
        /** Encrypted, or not understood. */
        OPAQUE
    }

    private Phase phase = Phase.OPENING;

    /** The first eight bytes of a first packet. */
    private long opening;

    private int openingBytes;

    private int headerBytes;
    private int type;
    private int length;

    /** What is left of the message behind its header. */
    private long body;

    private boolean ready;

    /** Whether {@link #sent} still wants to see what the client sends. */
    boolean opening() {
        return phase == Phase.OPENING;
    }

    /** Whether a message from the server may begin here. */
    boolean atBoundary() {
        return phase == Phase.FRAMES && headerBytes == 0 && body == 0;
    }

    /** Whether the messages cannot be followed. */
    boolean opaque() {
        return phase == Phase.OPAQUE;
    }

    /** Whether the server has once said that it is ready for a query: the login is over. */
    boolean ready() {
        return ready;
    }

    /** The client sends. */
    void sent(byte[] bytes, int offset, int count) {
        for (int i = offset; i < offset + count && phase == Phase.OPENING; i++) {
            if (openingBytes == 0 && bytes[i] == TLS_HANDSHAKE) {
                phase = Phase.OPAQUE;
                return;
            }
            opening = (opening << 8) | (bytes[i] & 0xff);
            if (++openingBytes == 8) {
                int code = (int) opening;
                phase = code == SSL_REQUEST || code == GSSENC_REQUEST ? Phase.ANSWER : Phase.FRAMES;
                openingBytes = 0;
            }
        }
    }

    /** The driver has got bytes of the server. */
    void received(byte[] bytes, int offset, int count) {
        int at = offset;
        int end = offset + count;
        while (at < end && phase != Phase.OPAQUE) {
            if (body > 0) {
                long skip = Math.min(body, end - at);
                body -= skip;
                at += (int) skip;
            } else if (phase == Phase.FRAMES && headerBytes == 0 && end - at >= HEADER) {
                at = messages(bytes, at, end);
            } else if (phase == Phase.ANSWER) {
                answer(bytes[at++]);
            } else {
                header(bytes[at++] & 0xff);
            }
        }
    }

    /** As many messages as have their header here: what large results spend their time in. Where the next begins. */
    private int messages(byte[] bytes, int from, int end) {
        int at = from;
        while (end - at >= HEADER) {
            int kind = bytes[at];
            int size = ((bytes[at + 1] & 0xff) << 24)
                    | ((bytes[at + 2] & 0xff) << 16)
                    | ((bytes[at + 3] & 0xff) << 8)
                    | (bytes[at + 4] & 0xff);
            at += HEADER;
            begin(kind, size);
            if (phase == Phase.OPAQUE || body > end - at) {
                return at;
            }
            at += (int) body;
            body = 0;
        }
        return at;
    }

    private void answer(byte answer) {
        switch (answer) {
            case 'N' -> phase = Phase.OPENING;
            case 'E' -> {
                phase = Phase.FRAMES;
                header(answer);
            }
            default -> phase = Phase.OPAQUE;
        }
    }

    private void header(int value) {
        phase = Phase.FRAMES;
        if (headerBytes++ == 0) {
            type = value;
            length = 0;
            return;
        }
        length = (length << 8) | value;
        if (headerBytes < HEADER) {
            return;
        }
        headerBytes = 0;
        begin(type, length);
    }

    /** A header is complete. */
    private void begin(int kind, int size) {
        if (size < 4) {
            phase = Phase.OPAQUE;
            return;
        }
        body = size - 4L;
        ready |= kind == READY_FOR_QUERY;
    }
}
