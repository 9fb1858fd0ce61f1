package org.conmgr.jdbc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The socket under the driver, which the watcher can end with a reason. A thread that is blocked in it wakes at once.
 *
 * <p>The driver is told the reason in its own language where that is possible: when the next byte would begin a
 * message, it reads one last ErrorResponse of the server's kind, so that the SQLException itself carries SQLSTATE and
 * text. Inside a message, and under TLS, it gets a {@link SocketException} with the text, which stands in the chain of
 * causes. Until it has been told in one of the two ways, the socket does not call itself closed and takes a little of
 * what is written, as TCP does with a peer that is gone: else the driver would only say "connection closed".
 */
class WatchedSocket extends Socket {
    /** What is taken, and dropped, after the end: more than a usual request, less than anybody's stream of data. */
    private static final int DROPPED_BYTES = 65_536;

    private final FrameTracker tracker = new FrameTracker();
    private volatile @Nullable Session session;
    private volatile @Nullable String ended;
    private volatile boolean told;
    private volatile boolean closedByDriver;
    private @Nullable In in;
    private @Nullable Out out;

    WatchedSocket() {}

    /**
     * Connects for a session.
     *
     * @throws IOException refused, no answer in time, or ended meanwhile; the message says what happened, not where
     */
    void open(Session to, InetSocketAddress address, Deadline deadline) throws IOException {
        session = to;
        to.connecting(this);
        try {
            super.connect(address, deadline.socketMillis());
        } catch (SocketTimeoutException e) {
            String reason = ended;
            throw new SocketTimeoutException(reason != null ? reason : "no TCP connection within " + deadline);
        } catch (IOException e) {
            throw orReason(e);
        }
        if (ended != null) {
            // Ended before there was anything to close.
            super.close();
            throw orReason(new SocketException("Socket closed"));
        }
        to.connected(this);
    }

    /** Closes the connection under the driver. Any thread; does not block. */
    void end(String reason) {
        ended = reason;
        try {
            super.close();
        } catch (IOException e) {
            Watcher.LOG.log(System.Logger.Level.DEBUG, "closing a SQL connection", e);
        }
    }

    /** Why it was ended, null when it was not. */
    @Nullable
    String ended() {
        return ended;
    }

    /** Whether the server's answers got so far that the login is over. */
    boolean loggedIn() {
        return tracker.ready();
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public void close() throws IOException {
        closedByDriver = true;
        super.close();
        Session mine = session;
        if (mine != null) {
            mine.closed(this);
        }
    }

    @Override
    public boolean isClosed() {
        return (ended == null || told || closedByDriver || !isConnected()) && super.isClosed();
    }

    /** The driver sets timeouts before it writes; after the end that must not hide the reason. */
    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public void setSoTimeout(int timeout) throws SocketException {
        if (ended == null) {
            super.setSoTimeout(timeout);
        }
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public int getSoTimeout() throws SocketException {
        return ended == null ? super.getSoTimeout() : 0;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        if (in == null) {
            try {
                in = new In(super.getInputStream());
            } catch (IOException e) {
                throw orReason(e);
            }
        }
        return in;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        if (out == null) {
            try {
                out = new Out(super.getOutputStream());
            } catch (IOException e) {
                throw orReason(e);
            }
        }
        return out;
    }

    private IOException orReason(IOException e) {
        String reason = ended;
        if (reason == null) {
            return e;
        }
        told = true;
        SocketException ending = new SocketException(reason);
        ending.initCause(e);
        return ending;
    }

    /** The server has answered so far that it is not silent: the login is over, or goes on encrypted. Once. */
    void answered() {}

    private final class In extends InputStream {
        private final InputStream raw;
        private boolean progressing = true;
        private @Nullable ByteBuffer last;

        In(InputStream raw) {
            this.raw = raw;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            String reason = ended;
            if (reason == null) {
                try {
                    int read = raw.read(bytes, offset, count);
                    if (read > 0) {
                        received(bytes, offset, read);
                    }
                    reason = read < 0 ? ended : null;
                    if (reason == null) {
                        return read;
                    }
                } catch (IOException e) {
                    reason = ended;
                    if (reason == null) {
                        throw e;
                    }
                }
            }
            return last(reason, bytes, offset, count);
        }

        private void received(byte[] bytes, int offset, int count) {
            tracker.received(bytes, offset, count);
            if (progressing && (tracker.ready() || tracker.opaque())) {
                progressing = false;
                answered();
            }
        }

        /** The reason, once; then the end. */
        private int last(String reason, byte[] bytes, int offset, int count) throws IOException {
            if (last == null) {
                if (!tracker.atBoundary()) {
                    told = true;
                    throw new SocketException(reason);
                }
                last = errorResponse(reason);
            }
            if (count == 0) {
                return 0;
            }
            int length = Math.min(count, last.remaining());
            last.get(bytes, offset, length);
            told = !last.hasRemaining();
            return length == 0 ? -1 : length;
        }

        @Override
        public int available() throws IOException {
            if (ended == null) {
                return raw.available();
            }
            return last == null ? 0 : last.remaining();
        }

        @Override
        public void close() throws IOException {
            WatchedSocket.this.close();
        }
    }

    private ByteBuffer errorResponse(String reason) {
        ByteArrayOutputStream fields = new ByteArrayOutputStream();
        String sqlState = tracker.ready() ? "08006" : "08001";
        for (String field : new String[] {"SFATAL", "VFATAL", "C" + sqlState, "M" + reason.replace('\0', ' ')}) {
            fields.writeBytes(field.getBytes(StandardCharsets.UTF_8));
            fields.write(0);
        }
        fields.write(0);
        return ByteBuffer.allocate(5 + fields.size())
                .put((byte) 'E')
                .putInt(4 + fields.size())
                .put(fields.toByteArray())
                .flip();
    }

    private final class Out extends OutputStream {
        private final OutputStream raw;
        private int dropped;

        Out(OutputStream raw) {
            this.raw = raw;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            if (ended == null) {
                if (tracker.opening()) {
                    tracker.sent(bytes, offset, count);
                }
                try {
                    raw.write(bytes, offset, count);
                } catch (IOException e) {
                    throw orReason(e);
                }
                return;
            }
            dropped += count;
            if (told || dropped > DROPPED_BYTES || !tracker.atBoundary()) {
                throw orReason(new SocketException("Socket closed"));
            }
        }

        @Override
        public void flush() throws IOException {
            if (ended == null) {
                raw.flush();
            }
        }

        @Override
        public void close() throws IOException {
            WatchedSocket.this.close();
        }
    }
}
