package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.TlsMode;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.listener.FirstPacket;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;

/** A client whose StartupMessage can be read: the target is known, an instance is to be connected. */
final class PlainStart extends Opening {
    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final String INVALID_PARAMETER_VALUE = "22023";

    /** Length of the StartupMessage. */
    private final int length;

    private PlainStart(
            RelayGateway gateway, GatewaySettings settings, Channel client, Door door, ByteBuf received, int length) {
        super(gateway, settings, client, door, received);
        this.length = length;
    }

    static void start(
            RelayGateway gateway,
            GatewaySettings settings,
            Channel client,
            FirstPacket.Startup startup,
            ByteBuf received,
            Door door) {
        Held held = Held.take(client);
        String word = door.target().isPresent() ? "" : door.wish(startup).orElse("");
        Target target = word.isEmpty()
                ? door.target().orElse(settings.target())
                : Target.ofWord(word).orElse(null);
        if (target == null) {
            received.release();
            held.close();
            refuse(
                    client,
                    INVALID_PARAMETER_VALUE,
                    "invalid value for parameter \"conmgr.target_session_attrs\": \"" + word + "\"",
                    "Available values: " + GatewaySettings.expected() + ".");
            return;
        }
        PlainStart start = new PlainStart(gateway, settings, client, door, received, startup.length());
        start.begin();
        if (start.over()) {
            held.close();
            return;
        }
        String application = startup.parameters().getOrDefault("application_name", "");
        Upstream there = held.upstream(target, start.tls());
        Upstream.Failure failure = held.failure(target);
        if (there != null) {
            there.named(printable(application));
            start.use(there);
            start.connected(there.server());
        } else if (failure != null) {
            start.failed(failure);
        } else {
            held.close();
            start.connect(target, application, RouteRequest.NO_PREFERENCE);
        }
    }

    /** Also with a query, say, behind the StartupMessage, as a script can send it to an instance that trusts it. */
    @Override
    boolean outlivesEnd() {
        return super.outlivesEnd() || early().readableBytes() > length;
    }

    @Override
    public void connected(Channel server) {
        ByteBuf received = finish();
        if (tls() == TlsMode.ORIGINATE) {
            server.pipeline().addLast(new ScramPlusFilter());
        }
        Relay.start(gateway, client, upstream(), false, received);
    }

    @Override
    public void failed(Upstream.Failure failure) {
        finish().release();
        // The one code after which libpq goes on to its next host.
        refuse(client, CANNOT_CONNECT_NOW, failure.text(), failure.detail());
    }

    static void refuse(Channel client, String sqlState, String message, @Nullable String detail) {
        LingeringClose.start(client, new ErrorResponse(sqlState, message, detail, null).encode(client.alloc()));
    }
}
