package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Follows the messages that an instance sends, without touching them: knows whether the last byte passed ended one,
 * and learns the cancel key.
 *
 * <pre>
 *  Byte type | Int32 length, itself included | payload
 * </pre>
 */
final class ServerFrames {
    private static final int HEADER = 5;

    /** Bytes that may be many messages. */
    private static final int MANY = 512;

    private static final int BACKEND_KEY_DATA = 'K';
    private static final int READY_FOR_QUERY = 'Z';

    /** Process id and a key of at most 256 bytes ("BackendKeyData" in PostgreSQL's "Message Formats"). */
    private static final int MAX_KEY = 4 + 256;

    /** Payload bytes of the message under way that are still to come. */
    private int toCome;

    /** Bytes of a header that have come, when it is not whole. */
    private int headerBytes;

    private long header;
    private boolean ready;
    private boolean lost;
    private @Nullable ByteBuf key;
    private byte @Nullable [] wholeKey;

    /** Follows bytes that are about to be passed on. */
    void pass(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        boolean whole = bytes.nioBufferCount() == 1;
        while (at < end && !lost) {
            if (whole && ready && headerBytes == 0 && end - at >= MANY) {
                int next = overMessages(bytes, at, end);
                if (next > at) {
                    at = next;
                    continue;
                }
            }
            if (toCome > 0) {
                int count = Math.min(toCome, end - at);
                if (key != null) {
                    keep(bytes, at, count, key);
                }
                toCome -= count;
                at += count;
            } else if (headerBytes == 0 && end - at >= HEADER) {
                begin(bytes.getUnsignedByte(at), bytes.getInt(at + 1));
                at += HEADER;
            } else {
                header = header << 8 | bytes.getUnsignedByte(at++);
                if (++headerBytes == HEADER) {
                    headerBytes = 0;
                    begin((int) (header >>> 32) & 0xff, (int) header);
                }
            }
        }
    }

    /**
     * Steps over messages of a session that has begun, where nothing but their length matters: with small rows this is most
     * of what a result costs here, and by way of the ByteBuf it were two to three times as much.
     *
     * @return where the first message begins that is not stepped over, or {@code end}
     */
    private int overMessages(ByteBuf bytes, int at, int end) {
        ByteBuffer all = bytes.internalNioBuffer(at, end - at);
        int origin = all.position();
        int last = all.limit();
        long next = (long) origin + toCome;
        while (last - next >= HEADER) {
            int length = all.getInt((int) next + 1);
            if (length < Integer.BYTES) {
                break;
            }
            next += 1 + (long) length;
        }
        toCome = (int) Math.max(0, next - last);
        return at + (int) Math.min(next, last) - origin;
    }

    private void begin(int type, int length) {
        if (length < Integer.BYTES) {
            // No server sends that: from here on nothing is known.
            lost = true;
            return;
        }
        toCome = length - Integer.BYTES;
        if (!ready) {
            ready = type == READY_FOR_QUERY;
            if (type == BACKEND_KEY_DATA && toCome > Integer.BYTES && toCome <= MAX_KEY) {
                key = Unpooled.buffer(toCome, toCome);
            }
        }
    }

    private void keep(ByteBuf bytes, int at, int count, ByteBuf into) {
        into.writeBytes(bytes, at, count);
        if (!into.isWritable()) {
            wholeKey = ByteBufUtil.getBytes(into);
            key = null;
        }
    }

    /** Process id and cancel key as a CancelRequest carries them, once; null when there is nothing new. */
    byte @Nullable [] takeKey() {
        byte[] taken = wholeKey;
        wholeKey = null;
        return taken;
    }

    /** Whether a message may be put in here. */
    boolean atBoundary() {
        return toCome == 0 && headerBytes == 0 && !lost;
    }

    /** Whether the session has begun: the first ReadyForQuery has come. */
    boolean ready() {
        return ready;
    }
}
