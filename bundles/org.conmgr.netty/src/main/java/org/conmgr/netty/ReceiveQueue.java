package org.conmgr.netty;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.util.concurrent.TimeUnit;

/** What the kernel has got for a connection, whether or not this process has read it. */
public final class ReceiveQueue {
    private ReceiveQueue() {}

    /**
     * How long ago data last came that can be read, in nanoseconds, to a few ms; {@link Long#MAX_VALUE} where that cannot
     * be known: without epoll, or when the connection is gone. On the channel's loop.
     */
    public static long nanosSinceArrival(Channel channel) {
        EpollTcpInfo info = SendQueue.info(channel);
        return info == null ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(info.lastDataRecv());
    }
}
