package org.conmgr.console.internal;

import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one connection makes conmgr hold for it, in bytes: what it has prepared, rows it has not fetched, answers it has
 * not read. Bounded for each connection and for all together, since whoever is on this host may connect: the console
 * must not take the memory that the links live on. Belongs to the channel's event loop.
 */
final class Holdings {
    /** Of one connection: more than the longest table there is. */
    static final int MAX = 16 << 20;

    /** So much each connection may hold whatever others do: a short answer always comes. */
    static final int FREE = 16 << 10;

    /** About what a row and a value take besides their text. */
    private static final int ROW_OVERHEAD = 64;

    private static final int VALUE_OVERHEAD = 48;

    /** What all connections of one console may hold beyond {@link #FREE}. Thread-safe. */
    static final class Pool {
        /** Of a heap of 256 MB by default, and as much outside it. */
        static final int MAX = 32 << 20;

        private final long size;
        private final AtomicLong taken = new AtomicLong();

        Pool(long size) {
            this.size = size;
        }

        private boolean take(long bytes) {
            if (taken.addAndGet(bytes) <= size || bytes == 0) {
                return true;
            }
            taken.addAndGet(-bytes);
            return false;
        }

        /** What is taken now. */
        long taken() {
            return taken.get();
        }
    }

    private final Pool pool;
    private long held;
    private boolean closed;

    Holdings(Pool pool) {
        this.pool = pool;
    }

    /**
     * Holds more.
     *
     * @throws SqlError if it would be too much; then nothing more is held
     */
    void take(long bytes) throws SqlError {
        if (held + bytes > MAX) {
            throw new SqlError(
                    SqlError.PROGRAM_LIMIT_EXCEEDED,
                    "more than " + (MAX >> 20) + " MiB of statements, rows and answers for one connection");
        }
        if (!pool.take(shared(held + bytes) - shared(held))) {
            throw new SqlError(
                    SqlError.PROGRAM_LIMIT_EXCEEDED,
                    "more than " + (pool.size >> 20) + " MiB of statements, rows and answers for all connections to"
                            + " conmgr's console",
                    "Close other connections to it.");
        }
        held += bytes;
    }

    /** Holds less: what was taken before. */
    void give(long bytes) {
        if (closed) {
            return;
        }
        pool.taken.addAndGet(shared(held - bytes) - shared(held));
        held -= bytes;
    }

    /** The end of the connection: gives back all that is left, however it came to be left. */
    void close() {
        give(held);
        closed = true;
    }

    private static long shared(long held) {
        return Math.max(0, held - FREE);
    }

    /** About what rows take as objects. */
    static long ofRows(List<List<@Nullable String>> rows) {
        long bytes = 0;
        for (List<@Nullable String> row : rows) {
            bytes += ROW_OVERHEAD;
            for (String value : row) {
                bytes += value == null ? 0 : VALUE_OVERHEAD + ofText(value);
            }
        }
        return bytes;
    }

    /** What a text may take. */
    static long ofText(String text) {
        return 2L * text.length();
    }

    /** What rows take as messages. */
    static long ofAnswer(List<List<@Nullable String>> rows) {
        long bytes = 0;
        for (List<@Nullable String> row : rows) {
            bytes += 7;
            for (String value : row) {
                bytes += Integer.BYTES + (value == null ? 0 : ByteBufUtil.utf8Bytes(value));
            }
        }
        return bytes;
    }
}
