package org.conmgr.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/** What the kernel has on its way for a connection. */
public final class SendQueue {
    private static final FastThreadLocal<EpollTcpInfo> INFO = new FastThreadLocal<>() {
        @Override
        protected EpollTcpInfo initialValue() {
            return new EpollTcpInfo();
        }
    };

    /** See Linux's Documentation/networking/tcp-thin.rst and tcp.h. */
    private static final IntegerUnixChannelOption TCP_THIN_LINEAR_TIMEOUTS =
            new IntegerUnixChannelOption("TCP_THIN_LINEAR_TIMEOUTS", 6, 16);

    private SendQueue() {}

    /**
     * Has what is lost sent again at a steady pace, every 200 ms or what the way there and back takes, and not each time
     * after twice as long: for connections with few packets. Does nothing without epoll. On the channel's loop.
     */
    public static void resendSteadily(Channel channel) {
        if (channel instanceof EpollSocketChannel socket) {
            socket.config().setOption(TCP_THIN_LINEAR_TIMEOUTS, 1);
        }
    }

    /**
     * Whether a packet was sent that the peer's kernel has not acknowledged; false where that cannot be known: without
     * epoll, or when the connection is gone. On the channel's loop.
     */
    public static boolean unacknowledged(Channel channel) {
        EpollTcpInfo info = info(channel);
        return info != null && info.unacked() > 0;
    }

    /** Valid until this is next called; null where the kernel cannot be asked. */
    static @Nullable EpollTcpInfo info(Channel channel) {
        if (!(channel instanceof EpollSocketChannel socket) || !socket.isActive()) {
            return null;
        }
        EpollTcpInfo info = INFO.get();
        try {
            socket.tcpInfo(info);
        } catch (ChannelException e) {
            return null; // closed meanwhile
        }
        return info;
    }
}
