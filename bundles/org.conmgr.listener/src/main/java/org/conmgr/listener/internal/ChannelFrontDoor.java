package org.conmgr.listener.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.conmgr.listener.FrontDoor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Gives a connection back to the {@link Reception} that it came by. A component of its own, without a reference to that
 * one: the reception refers to the adapters, and they refer to this, which must not make a circle.
 */
@Component(service = FrontDoor.class)
public final class ChannelFrontDoor implements FrontDoor {
    @Activate
    public ChannelFrontDoor() {}

    @Override
    public void next(Channel channel, ByteBuf received) {
        Reception.of(channel).next(channel, received);
    }
}
