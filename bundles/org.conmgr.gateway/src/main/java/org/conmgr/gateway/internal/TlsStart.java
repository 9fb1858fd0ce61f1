package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.Target;
import org.conmgr.api.setting.Setting;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.TlsMode;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;

/** A client that begins TLS: the server name it asks for may choose the target; the same ClientHello goes there. */
final class TlsStart extends Opening {
    /** How long a client may take to say which server it wants; as PostgreSQL's own authentication_timeout. */
    static final Duration NAME_LIMIT = Duration.ofSeconds(60);

    private static final int MAX_CLIENT_HELLO = 16 * 1024;

    /** Whether the instance must see an SSLRequest before the ClientHello. */
    private final boolean request;

    private TlsStart(
            RelayGateway gateway,
            GatewaySettings settings,
            Channel client,
            Door door,
            ByteBuf received,
            boolean request) {
        super(gateway, settings, client, door, received);
        this.request = request;
    }

    /** An instance has answered {@code S}, and the client knows. */
    static void afterRequest(
            RelayGateway gateway,
            GatewaySettings settings,
            Channel client,
            ByteBuf received,
            Door door,
            Upstream upstream) {
        TlsStart start = new TlsStart(gateway, settings, client, door, received, true);
        start.use(upstream);
        start.begin();
        if (!start.over()) {
            start.readName();
        }
    }

    /** A ClientHello without an SSLRequest: PostgreSQL 17's direct TLS. */
    static void direct(RelayGateway gateway, GatewaySettings settings, Channel client, ByteBuf received, Door door) {
        TlsStart start = new TlsStart(gateway, settings, client, door, received, false);
        Held.take(client).close();
        start.begin();
        if (start.over()) {
            return;
        }
        if (start.tls() == TlsMode.ORIGINATE) {
            // Here the gateway has no certificate to show.
            start.finish().release();
            client.close();
        } else {
            start.readName();
        }
    }

    private void readName() {
        if (door.target().isPresent() || settings.serverNames().isEmpty()) {
            choose(door.target().orElse(settings.target()));
            return;
        }
        NameReader reader = new NameReader();
        client.pipeline().addFirst(reader);
        ByteBuf seen = takeEarly();
        if (seen.isReadable()) {
            reader.feed(seen);
        } else {
            seen.release();
        }
    }

    private void tooLate() {
        if (!over()) {
            gateway.refused(
                    client, new Upstream.Failure("no ClientHello within " + Setting.text(gateway.nameLimit()), null));
            client.close();
        }
    }

    private void choose(Target target) {
        Upstream there = optionalUpstream();
        // While the name was read nobody looked whether the instance still waits.
        if (there != null
                && there.request().target() == target
                && there.server().isActive()) {
            relay();
            return;
        }
        if (there != null) {
            there.close();
        }
        connect(target, "", gateway.affinity().preferred(settings, client, target));
    }

    /** Nobody can shake hands with it any more. */
    @Override
    boolean outlivesEnd() {
        return false;
    }

    @Override
    public void connected(Channel server) {
        if (request) {
            upstream().put(Packets.sslRequest(), this::answered);
        } else {
            relay();
        }
    }

    private void answered(ByteBuf answer) {
        if (Answer.accepts(answer)) {
            relay();
        } else {
            upstream().close();
            failed(new Upstream.Failure(upstream().instance() + " does not take TLS connections", null));
        }
    }

    private void relay() {
        ByteBuf received = finish();
        Relay.start(gateway, client, upstream(), true, received);
    }

    /** While the name is read; when it is known another one is connected. */
    @Override
    public void ended(SessionEnd end) {
        upstream().close();
    }

    /** Nothing can be said to a client that waits for a ServerHello. */
    @Override
    public void failed(Upstream.Failure failure) {
        finish().release();
        gateway.refused(client, failure);
        LingeringClose.whenSent(client);
    }

    /** Looks for the server name in the ClientHello, which may come in pieces, and passes the bytes on as they are. */
    private final class NameReader extends AbstractSniHandler<Target> {
        private final Future<?> limit = client.eventLoop()
                .schedule(TlsStart.this::tooLate, gateway.nameLimit().toMillis(), TimeUnit.MILLISECONDS);

        private NameReader() {
            super(MAX_CLIENT_HELLO, 0);
        }

        @Override
        protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
            limit.cancel(false);
            super.handlerRemoved0(ctx);
        }

        void feed(ByteBuf bytes) {
            ChannelHandlerContext ctx = client.pipeline().context(this);
            try {
                channelRead(ctx, bytes);
                channelReadComplete(ctx);
            } catch (Exception e) {
                exceptionCaught(ctx, e);
            }
        }

        @Override
        protected Future<Target> lookup(ChannelHandlerContext ctx, @Nullable String name) {
            Target target = name == null ? null : settings.serverNames().get(name.toLowerCase(Locale.ROOT));
            return ctx.executor().newSucceededFuture(target == null ? settings.target() : target);
        }

        @Override
        protected void onLookupComplete(ChannelHandlerContext ctx, String name, Future<Target> chosen) {
            ctx.pipeline().remove(this);
            // This handler passes on what it has only when it returns.
            ctx.executor().execute(() -> {
                if (!over()) {
                    choose(chosen.getNow());
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // No TLS, or a ClientHello beyond all measure: the client's own fault, and nobody can tell it.
            ctx.close();
        }
    }
}
