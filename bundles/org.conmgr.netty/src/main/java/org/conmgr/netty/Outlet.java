package org.conmgr.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes bytes to a channel, past its pipeline and its queue while there is nothing in either: for a relay of small
 * messages these cost more than all else that it does in Java. Only where there is a socket to write to (epoll) and no
 * TLS of ours; else, and for what the socket does not take at once, the channel's own way is gone, so that its marks of
 * writability hold, and a failure is reported by its promise. On the channel's event loop.
 */
public final class Outlet {
    private final Channel channel;
    private final @Nullable Socket socket;
    private boolean queued;

    /** @param channel has its {@link SslHandler} already, if it is to have one, and no other handler of written bytes */
    public Outlet(Channel channel) {
        this.channel = channel;
        this.socket = channel.pipeline().get(SslHandler.class) == null
                        && channel instanceof UnixChannel unix
                        && unix.fd() instanceof Socket there
                ? there
                : null;
    }

    /** Sends, or queues until {@link #flush}; the bytes are released when they are sent. */
    public void write(ByteBuf bytes) {
        if (socket == null) {
            queue(bytes);
        } else if (sent(socket, bytes)) {
            bytes.release();
        } else {
            queue(compact(bytes));
        }
    }

    private void queue(ByteBuf bytes) {
        queued = true;
        channel.write(bytes, channel.voidPromise());
    }

    /** Whether what is written goes to the socket itself, while nothing waits. */
    public boolean isDirect() {
        return socket != null;
    }

    /** The socket, while what is written to it is behind nothing; null when something waits, or it is closed. */
    @Nullable
    Socket idle() {
        return isWaiting() ? null : socket;
    }

    /** What waits is not to hold much more memory than it has bytes. */
    private ByteBuf compact(ByteBuf bytes) {
        int count = bytes.readableBytes();
        if (bytes.capacity() < 2 * count) {
            return bytes;
        }
        try {
            return channel.alloc().directBuffer(count).writeBytes(bytes);
        } finally {
            bytes.release();
        }
    }

    /** Whether nothing is left to send. */
    private boolean sent(Socket to, ByteBuf bytes) {
        if (isWaiting() || !bytes.hasMemoryAddress()) {
            return false;
        }
        try {
            bytes.skipBytes(to.sendAddress(bytes.memoryAddress(), bytes.readerIndex(), bytes.writerIndex()));
        } catch (IOException e) {
            // The channel meets the same error, and knows what to do.
            return false;
        }
        return !bytes.isReadable();
    }

    /** Whether something was queued that is not sent, or nothing can be sent any more. */
    private boolean isWaiting() {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        return queue == null || queue.totalPendingWriteBytes() > 0;
    }

    /**
     * Ends the own side, behind all that was written, which has to have been flushed. Nothing is to be written from then
     * on. Where that fails the connection is gone, which its channel will meet.
     *
     * @param ending run just before, and so not when what was written cannot be sent
     */
    public void end(Runnable ending) {
        if (socket == null || isWaiting()) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
                if (sent.isSuccess() && channel instanceof DuplexChannel duplex) {
                    ending.run();
                    duplex.shutdownOutput();
                }
            });
            return;
        }
        ending.run();
        try {
            // Not the channel's own way, which makes an exception for those who will write in vain.
            socket.shutdown(false, true);
        } catch (IOException e) {
            channel.close();
        }
    }

    /** Sends what was queued. */
    public void flush() {
        if (queued) {
            queued = false;
            channel.flush();
        }
    }
}
