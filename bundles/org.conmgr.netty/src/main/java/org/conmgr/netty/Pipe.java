package org.conmgr.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.Native;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * Moves bytes from socket to socket within the kernel, which copies nothing, by splice(2). Empty after each call, so one
 * serves all sockets of a thread.
 */
final class Pipe {
    /**
     * Kernels whose splice(2) waits for a socket that takes nothing, though that is non-blocking: since 2dc334f1a63a, until
     * 0f0fa27b871b in 6.7, 6.6.4 and the last of 6.5.
     */
    private static final Pattern WAITING_KERNEL = Pattern.compile("6\\.(?:5\\b|6\\.[0-3]\\b).*");

    /** Read end, write end. */
    private final FileDescriptor[] ends;

    private Pipe(FileDescriptor[] ends) {
        this.ends = ends;
    }

    /** Whether a pipe is of use with this version of Linux. */
    static boolean suits(String kernel) {
        return !WAITING_KERNEL.matcher(kernel).matches();
    }

    /** @throws IOException where there are no more file descriptors */
    static Pipe open() throws IOException {
        return new Pipe(FileDescriptor.pipe());
    }

    /**
     * Takes what is there, not more than a pipe holds, 64 KB.
     *
     * @return how many bytes; 0 for none at present, and for the end
     * @throws IOException an error of the socket, which no later read meets; or this cannot be done with it. The pipe is empty
     */
    int fill(Socket from, int max) throws IOException {
        return Native.splice(from.intValue(), -1, ends[1].intValue(), -1, max);
    }

    /**
     * Gives away what it holds.
     *
     * @param rest gets what the socket does not take at once, or refuses; empty, with an address
     * @throws IOException the pipe is not to be used any more, and bytes are lost; not known to happen
     */
    void empty(int count, Socket to, ByteBuf rest) throws IOException {
        int left = count;
        while (left > 0) {
            int moved = give(to, left);
            if (moved == 0) {
                break;
            }
            left -= moved;
        }
        while (left > 0) {
            int at = rest.writerIndex();
            int read = ends[0].readAddress(rest.memoryAddress(), at, at + left);
            if (read <= 0) {
                throw new IOException(left + " bytes of a pipe cannot be read");
            }
            rest.writerIndex(at + read);
            left -= read;
        }
    }

    private int give(Socket to, int max) {
        try {
            return Native.splice(ends[0].intValue(), -1, to.intValue(), -1, max);
        } catch (IOException e) {
            // Writing in the usual way meets it again, and the channel knows what to do.
            return 0;
        }
    }

    void close() {
        for (FileDescriptor end : ends) {
            try {
                end.close();
            } catch (IOException e) {
                // Linux has closed it all the same: close(2).
            }
        }
    }
}
