package org.conmgr.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.Native;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.io.IOException;

/**
 * Moves bytes from socket to socket within the kernel, which copies nothing, by splice(2). Empty after each call, so one
 * serves all sockets of a thread.
 */
final class Pipe {
    /** Read end, write end. */
    private final FileDescriptor[] ends;

    private Pipe(FileDescriptor[] ends) {
        this.ends = ends;
    }

    /** @throws IOException where there are no more file descriptors */
    static Pipe open() throws IOException {
        return new Pipe(FileDescriptor.pipe());
    }

    /**
     * Moves what is there, not more than a pipe holds, 64 KB.
     *
     * @param rest gets what the other socket does not take at once, or refuses; empty, with an address
     * @return how many bytes came; 0 for none at present, for the end, and for an error, which the socket's next read meets
     * @throws IOException the pipe is not to be used any more, and bytes are lost; not known to happen
     */
    int move(Socket from, Socket to, int max, ByteBuf rest) throws IOException {
        int count = splice(from, ends[1], max);
        int left = count;
        while (left > 0) {
            int moved = splice(ends[0], to, left);
            if (moved <= 0) {
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
        return count;
    }

    private static int splice(FileDescriptor from, FileDescriptor to, int max) {
        try {
            return Native.splice(from.intValue(), -1, to.intValue(), -1, max);
        } catch (IOException e) {
            // Who reads or writes next in the usual way meets it again, and knows what to do.
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
