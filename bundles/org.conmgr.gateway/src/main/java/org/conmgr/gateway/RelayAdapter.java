package org.conmgr.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;

/** Hands connections to the gateway by one door: all that {@link Gateway#takes} allows, or those of a subclass's choice. */
public class RelayAdapter implements ApplicationAdapter {
    private final Gateway gateway;
    private final Door door;

    public RelayAdapter(Gateway gateway, Door door) {
        this.gateway = gateway;
        this.door = door;
    }

    @Override
    public boolean accepts(FirstPacket packet) {
        return Gateway.takes(packet);
    }

    @Override
    public final void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
        gateway.relay(channel, packet, received, door);
    }
}
