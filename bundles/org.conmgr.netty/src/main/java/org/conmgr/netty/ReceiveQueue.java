package org.conmgr.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.unix.RawUnixChannelOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/** What the kernel has got for a connection, whether or not this process has read it. */
public final class ReceiveQueue {
    /** See Linux's sock_diag.h: nine numbers, the first, SK_MEMINFO_RMEM_ALLOC, is the memory of what was received and not read. */
    private static final RawUnixChannelOption SO_MEMINFO = new RawUnixChannelOption("SO_MEMINFO", 1, 55, 9 * 4);

    private ReceiveQueue() {}

    /**
     * How long ago data last came, in nanoseconds, to a few ms; {@link Long#MAX_VALUE} where that cannot be known: without
     * epoll, or when the connection is gone. While data waits that cannot be read, because what belongs before it was lost
     * and is still to be sent again, anything that comes counts. On the channel's loop.
     */
    public static long nanosSinceArrival(Channel channel) {
        EpollTcpInfo info = SendQueue.info(channel);
        if (info == null) {
            return Long.MAX_VALUE;
        }
        long millis = holdsData(channel) ? Math.min(info.lastDataRecv(), info.lastAckRecv()) : info.lastDataRecv();
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private static boolean holdsData(Channel channel) {
        if (!(channel instanceof EpollSocketChannel socket)) {
            return false;
        }
        try {
            ByteBuffer numbers = socket.config().getOption(SO_MEMINFO);
            return numbers != null && numbers.order(ByteOrder.nativeOrder()).getInt(0) > 0;
        } catch (ChannelException e) {
            return false; // closed meanwhile
        }
    }
}
