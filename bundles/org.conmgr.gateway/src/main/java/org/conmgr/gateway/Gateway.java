package org.conmgr.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.conmgr.listener.FirstPacket;
import org.osgi.annotation.versioning.ProviderType;

/** Relays connections. An OSGi service. */
@ProviderType
public interface Gateway {
    /** Whether the gateway can do anything with a connection that goes on with this packet. */
    static boolean takes(FirstPacket packet) {
        return !(packet instanceof FirstPacket.Ask);
    }

    /**
     * Takes over a connection for good. To be called as {@link org.conmgr.listener.ApplicationAdapter#adopt} is.
     *
     * @param packet one that the gateway {@link #takes}
     * @param received every byte received so far, the packet's first; released here
     * @param door by which the connection came
     */
    void relay(Channel client, FirstPacket packet, ByteBuf received, Door door);
}
