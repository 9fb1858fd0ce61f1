package org.conmgr.listener;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.osgi.annotation.versioning.ProviderType;

/** For adapters that answer a {@link FirstPacket.Negotiation} themselves. An OSGi service. */
@ProviderType
public interface FrontDoor {
    /**
     * Takes back a connection whose adapter has answered {@code N}: its next packet is read as a first one and offered
     * to the adapters anew, or, if it came by a port of one adapter's own, to that one. The caller must have taken its
     * handlers out of the pipeline. Called on the channel's event loop.
     *
     * @param received what has come of the next packet already; may be empty; released here
     */
    void next(Channel channel, ByteBuf received);
}
