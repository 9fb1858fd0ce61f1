package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.EnumSet;
import java.util.Set;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.TlsMode;
import org.conmgr.listener.FirstPacket;

/**
 * An SSLRequest or GSSENCRequest. It is put to an instance, and the client gets that instance's answer: what the
 * gateway cannot read it cannot promise either.
 */
final class Negotiation extends Opening {
    private enum Kind {
        SSL,
        GSS
    }

    /** What a client has asked for already; PostgreSQL too takes each request once. */
    private static final AttributeKey<Set<Kind>> ASKED = AttributeKey.valueOf(Negotiation.class, "asked");

    private final Kind kind;
    private final int length;

    /** Whether only the instance that is wanted will do. */
    private boolean strict;

    private Negotiation(
            RelayGateway gateway,
            GatewaySettings settings,
            Channel client,
            FirstPacket packet,
            ByteBuf received,
            Door door) {
        super(gateway, settings, client, door, received);
        kind = packet instanceof FirstPacket.SslRequest ? Kind.SSL : Kind.GSS;
        length = packet.length();
    }

    static void start(
            RelayGateway gateway,
            GatewaySettings settings,
            Channel client,
            FirstPacket packet,
            ByteBuf received,
            Door door) {
        Negotiation negotiation = new Negotiation(gateway, settings, client, packet, received, door);
        Set<Kind> asked = client.attr(ASKED).get();
        if (asked == null) {
            asked = EnumSet.noneOf(Kind.class);
            client.attr(ASKED).set(asked);
        }
        if (!asked.add(negotiation.kind)) {
            received.release();
            client.close();
            return;
        }
        negotiation.begin();
        if (!negotiation.over()) {
            negotiation.ask();
        }
    }

    private void ask() {
        if (tls() == TlsMode.ORIGINATE) {
            declined();
            return;
        }
        Held held = Held.take(client);
        Target target = target(wanted(), Set.of());
        Upstream there = held.upstream(target, tls());
        if (there != null) {
            use(there);
            connected(there.server());
        } else {
            held.close();
            connect(target, "", gateway.affinity().preferred(settings, client, target));
        }
    }

    /** As far as is known now. */
    private Target wanted() {
        return door.target().orElse(settings.target());
    }

    /**
     * Any instance can tell about TLS while the one that will be wanted is not there: what is wanted is not known yet,
     * and it must not wait for what is not.
     */
    private Target target(Target wanted, Set<Integer> avoid) {
        boolean known = strict || door.target().isPresent();
        return known || gateway.offers(wanted, avoid) || !gateway.offers(Target.ANY, avoid) ? wanted : Target.ANY;
    }

    @Override
    public RouteRequest again(RouteRequest request) {
        return new RouteRequest(
                target(request.target(), request.avoid()),
                request.application(),
                request.pid(),
                request.path(),
                request.minLsn(),
                request.avoid(),
                request.prefer());
    }

    @Override
    public void connected(Channel server) {
        ByteBuf packet = client.alloc().buffer(length);
        packet.writeBytes(early(), early().readerIndex(), length);
        upstream().put(packet, this::answered);
    }

    private void answered(ByteBuf answer) {
        if (answer.getByte(answer.readerIndex()) == 'N' && answer.readableBytes() == 1) {
            answer.release();
            Held.upstream(client, upstream());
            declined();
        } else if (kind == Kind.SSL && answer.getByte(answer.readerIndex()) == 'S' && answer.readableBytes() == 1) {
            ByteBuf rest = finish().skipBytes(length);
            client.writeAndFlush(answer);
            TlsStart.afterRequest(gateway, settings, client, rest, door, upstream());
        } else if (kind == Kind.GSS && upstream().request().target() != wanted()) {
            // GSS begins with this answer, and then nobody can tell any more what is wanted.
            answer.release();
            upstream().close();
            strict = true;
            connect(wanted(), "", RouteRequest.NO_PREFERENCE);
        } else {
            // GSS, or an error: what follows is between client and instance.
            ByteBuf rest = finish().skipBytes(length);
            client.writeAndFlush(answer);
            Relay.start(gateway, client, upstream(), true, rest);
        }
    }

    @Override
    public void failed(Upstream.Failure failure) {
        Held.failure(client, upstream().request().target(), failure);
        declined();
    }

    private void declined() {
        ByteBuf rest = finish().skipBytes(length);
        client.writeAndFlush(Unpooled.copiedBuffer(new byte[] {'N'}));
        door.next(client, rest);
    }
}
