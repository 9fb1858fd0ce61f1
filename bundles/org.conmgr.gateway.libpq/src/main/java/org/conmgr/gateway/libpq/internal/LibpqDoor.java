package org.conmgr.gateway.libpq.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Optional;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.StartupOptions;
import org.conmgr.gateway.TlsMode;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.FrontDoor;

/**
 * A client says what it wants with {@code options=-c conmgr.target_session_attrs=standby}: PostgreSQL takes a setting
 * with a dot in its name without knowing it, so the bytes pass unchanged. libpq's own {@code target_session_attrs} is
 * never sent (fe-connect.c).
 */
record LibpqDoor(Optional<Target> target, Optional<TlsMode> tls, FrontDoor frontDoor) implements Door {
    static final String PATH = "libpq";
    private static final String SETTING = "conmgr.target_session_attrs";

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Optional<String> wish(FirstPacket.Startup startup) {
        return StartupOptions.value(startup, SETTING);
    }

    @Override
    public void next(Channel client, ByteBuf received) {
        frontDoor.next(client, received);
    }
}
