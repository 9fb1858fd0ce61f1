package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.Set;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.Door;
import org.conmgr.gateway.TlsMode;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;

/**
 * A client that is not relayed yet: keeps what it sends in the meantime, and gives up its upstream when it goes. A
 * client that sends more than a start needs is not read until it is relayed.
 */
abstract class Opening extends ChannelInboundHandlerAdapter implements Upstream.Owner {
    private static final int MAX_EARLY = 16 * 1024;

    final RelayGateway gateway;
    final GatewaySettings settings;
    final Channel client;
    final Door door;
    private ByteBuf early;
    private @Nullable Upstream upstream;
    private boolean over;

    /** @param received bytes that are still to be dealt with; released here */
    Opening(RelayGateway gateway, GatewaySettings settings, Channel client, Door door, ByteBuf received) {
        this.gateway = gateway;
        this.settings = settings;
        this.client = client;
        this.door = door;
        this.early = received;
    }

    /** Takes its place in the pipeline. */
    final void begin() {
        client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        client.pipeline().addFirst(this);
        if (!client.isActive()) {
            giveUp();
        } else if (LingeringClose.peerHasEnded(client)) {
            clientEnded();
        }
    }

    /** Leaves its place, and hands out what has been read and not dealt with. */
    final ByteBuf finish() {
        over = true;
        client.pipeline().remove(this);
        client.config().setAutoRead(true);
        return early;
    }

    /** What has been read and not dealt with. */
    final ByteBuf early() {
        return early;
    }

    /** As {@link #early}, taken out. */
    final ByteBuf takeEarly() {
        ByteBuf taken = early;
        early = Unpooled.EMPTY_BUFFER;
        return taken;
    }

    final boolean over() {
        return over;
    }

    final TlsMode tls() {
        return door.tls().orElse(settings.tls());
    }

    /** Asks for an instance. */
    final void connect(Target target, String application, int prefer) {
        RouteRequest request = new RouteRequest(target, printable(application), 0, door.path(), 0, Set.of(), prefer);
        Upstream next = new Upstream(gateway, client.eventLoop(), settings, request, tls(), this);
        upstream = next;
        next.open();
    }

    /** Goes on with an upstream there already. */
    final void use(Upstream there) {
        upstream = there;
        there.owner(this);
    }

    final @Nullable Upstream optionalUpstream() {
        return upstream;
    }

    final Upstream upstream() {
        Upstream now = upstream;
        if (now == null) {
            throw new IllegalStateException("no upstream");
        }
        return now;
    }

    @Override
    public void ended(SessionEnd end) {
        upstream().close();
        failed(new Upstream.Failure(end.message(), null));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        early = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), early, (ByteBuf) message);
        if (early.readableBytes() > MAX_EARLY) {
            client.config().setAutoRead(false);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        // Nothing was passed on, so nothing is complete.
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            clientEnded();
        }
    }

    private void clientEnded() {
        // Behind the router's answer, which may be on its way through the queue.
        client.eventLoop().execute(() -> {
            if (!over && !outlivesEnd()) {
                client.close();
            }
        });
    }

    /** Who has ended its side meanwhile does not. */
    @Override
    public void waits() {
        if (LingeringClose.peerHasEnded(client)) {
            clientEnded();
        }
    }

    /** Whether a client that has ended its side may still want what it gets; one that would have to wait may as well be gone. */
    boolean outlivesEnd() {
        return upstream != null && upstream.routed();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        giveUp();
        ctx.fireChannelInactive();
    }

    private void giveUp() {
        if (!over) {
            over = true;
            early.release();
            if (upstream != null) {
                upstream.close();
            }
        }
    }

    /** What is shown in views and messages must not break their lines. */
    static String printable(String text) {
        StringBuilder printable = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                printable.setCharAt(i, '?');
            }
        }
        return printable.toString();
    }
}
