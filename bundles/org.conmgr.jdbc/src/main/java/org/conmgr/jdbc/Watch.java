package org.conmgr.jdbc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;
import org.jspecify.annotations.Nullable;

/** One ask connection, watched for what conmgr tells. */
final class Watch {
    /** Whom it is told to, on the watcher's thread: must not block. */
    interface Listener {
        /** conmgr says that the SQL connection must be closed. */
        void down(Frame.Down down);

        /** The ask connection has ended, not by {@link Watch#close()}. */
        void lost(String why);
    }

    private final SocketChannel channel;
    private final Listener listener;
    private final SelectionKey key;
    private final Watcher watcher;

    /** Of the watcher's thread alone; there only while a frame is incomplete. */
    private @Nullable ByteBuffer in;

    /** What the network did not take yet; guarded by this. */
    private @Nullable ByteBuffer out;

    private volatile boolean closed;

    /** @throws IOException the channel is closed already */
    Watch(SocketChannel channel, Listener listener, Selector selector, Watcher watcher) throws IOException {
        this.watcher = watcher;
        this.channel = channel;
        this.listener = listener;
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_READ);
        key.attach(this);
    }

    /** Sends a frame. Any thread; never blocks; a failure shows as {@link Listener#lost}. */
    synchronized void send(Frame frame) {
        if (closed || out != null) {
            return;
        }
        out = ByteBuffer.wrap(frame.encode());
        flush();
    }

    private synchronized void flush() {
        if (closed || out == null) {
            return;
        }
        try {
            channel.write(out);
            boolean all = !out.hasRemaining();
            key.interestOps(all ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            if (all) {
                out = null;
            } else {
                key.selector().wakeup();
            }
        } catch (IOException | CancelledKeyException e) {
            // The same end of the connection comes to ready() as a readable end of stream or an error.
            out = null;
        }
    }

    /** Something can be read or written. On the watcher's thread. */
    void ready(ByteBuffer buffer) {
        flush();
        try {
            while (!closed) {
                buffer.clear();
                if (in != null) {
                    buffer.put(in);
                    in = null;
                }
                int read = channel.read(buffer);
                if (read < 0) {
                    lose("it closed the connection");
                    return;
                }
                tell(buffer.flip());
                if (read == 0) {
                    return;
                }
            }
        } catch (MalformedPacket e) {
            lose("it sent what cannot be read: " + e.getMessage());
        } catch (IOException e) {
            lose(String.valueOf(e.getMessage()));
        }
    }

    private void tell(ByteBuffer bytes) throws MalformedPacket {
        Optional<Frame> frame = Frame.decode(bytes);
        while (frame.isPresent() && !closed) {
            if (frame.get() instanceof Frame.Down down) {
                listener.down(down);
            }
            frame = Frame.decode(bytes);
        }
        if (bytes.hasRemaining()) {
            in = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
        }
    }

    /** Ends the watch for a reason of its own or of the watcher's. On the watcher's thread. */
    void lose(String why) {
        if (!closed) {
            close();
            listener.lost(why);
        }
    }

    /** Ends the ask connection, which tells conmgr that the SQL connection is gone. Any thread; idempotent. */
    void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing is left to be done with it, and conmgr sees its end anyway.
            Watcher.LOG.log(System.Logger.Level.DEBUG, "closing an ask connection", e);
        }
        watcher.forget(this);
    }
}
