package org.conmgr.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Optional;
import org.conmgr.api.routing.Target;
import org.conmgr.listener.FirstPacket;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What an adapter knows of the connections it takes in. Called on the connection's event loop; must not block. Where a
 * client goes is taken, in this order, from {@link #target}, {@link #wish}, the server name in its ClientHello, and the
 * gateway's own {@code target_session_attrs}.
 */
@ConsumerType
public interface Door {
    /** The name that views show for this way in, e.g. {@code libpq}. */
    String path();

    /** The target of everything that comes by this door; empty when the client has a say. */
    Optional<Target> target();

    /** How TLS is dealt with; empty for the gateway's own {@code tls}. */
    Optional<TlsMode> tls();

    /** The word of the target that the client asks for in a readable StartupMessage; empty when it asks for none. */
    Optional<String> wish(FirstPacket.Startup startup);

    /**
     * Takes the connection back after its negotiation was answered with {@code N}, to have its next packet read; see
     * {@link org.conmgr.listener.FrontDoor#next}.
     */
    void next(Channel client, ByteBuf received);
}
