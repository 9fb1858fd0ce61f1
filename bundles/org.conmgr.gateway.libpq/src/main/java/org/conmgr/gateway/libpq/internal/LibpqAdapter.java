package org.conmgr.gateway.libpq.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.Gateway;
import org.conmgr.gateway.OptionsDoor;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.FrontDoor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Takes whatever comes by conmgr's own port and is nobody else's. */
@Component(service = ApplicationAdapter.class, immediate = true)
public final class LibpqAdapter implements ApplicationAdapter {
    static final String PATH = "libpq";

    private final Gateway gateway;
    private final Door door;

    @Activate
    public LibpqAdapter(@Reference Gateway gateway, @Reference FrontDoor frontDoor) {
        this.gateway = gateway;
        this.door = OptionsDoor.open(PATH, frontDoor);
    }

    @Override
    public boolean accepts(FirstPacket packet) {
        return Gateway.takes(packet);
    }

    @Override
    public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
        gateway.relay(channel, packet, received, door);
    }
}
