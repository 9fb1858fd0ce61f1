package org.conmgr.listener.internal;

import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Addresses as messages show them. */
final class Peer {
    private Peer() {}

    static String of(Channel channel) {
        SocketAddress address = channel.remoteAddress();
        // A connection that was reset before it was accepted has none.
        return address == null ? "an unknown address" : text(address);
    }

    static String text(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            return inet.getAddress().isAnyLocalAddress() ? "*:" + inet.getPort() : NetUtil.toSocketAddressString(inet);
        }
        return String.valueOf(address);
    }
}
