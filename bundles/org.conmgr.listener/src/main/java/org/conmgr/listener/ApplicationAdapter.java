package org.conmgr.listener;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Serves one kind of application connections. A plug-in, registered as an OSGi service; of several that accept a
 * packet the one with the highest {@code service.ranking} gets it. When it goes, it closes the connections it has.
 */
@ConsumerType
public interface ApplicationAdapter {
    /** Whether this adapter takes a connection that begins with this packet. Called on the channel's event loop. */
    boolean accepts(FirstPacket packet);

    /**
     * Takes the connection. Called on the channel's event loop, right after {@link #accepts} said true. The pipeline
     * has none of the adapter's handlers yet, and one that stays at its end, logs what goes wrong at the right level
     * and closes; add handlers with {@code addLast} before this returns, later ones next to those. What is passed on
     * with {@code pipeline().fireChannelRead} meanwhile reaches them when this has returned. An exception thrown here
     * closes the connection.
     *
     * @param channel open or just closed; half-closure is off, auto-read is on
     * @param packet the packet that was accepted
     * @param received every byte received so far, untouched: the first {@link FirstPacket#length} are the packet, what
     *     a hasty client sent behind it follows. To be released by the adapter
     */
    void adopt(Channel channel, FirstPacket packet, ByteBuf received);
}
