package org.conmgr.gateway.internal;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionObserver;
import org.conmgr.gateway.TlsMode;
import org.jspecify.annotations.Nullable;

/**
 * One client's way to an instance: a session with the router and the connection that goes with it. Where connecting
 * fails the router is asked for another instance, until it has none. Everything happens on the client's event loop.
 */
final class Upstream {
    /** Who wants to get there. Told on the event loop. */
    interface Owner {
        /** The instance is connected; called again if it is lost while it is asked, see {@link #put}. */
        void connected(Channel server);

        /** What to ask for now: after an attempt that failed, and once more when it has been asked. */
        default RouteRequest again(RouteRequest request) {
            return request;
        }

        /** An attempt failed, and the router has no other instance yet. */
        default void waits() {}

        /** There is no instance to connect to; the last that is called. */
        void failed(Failure failure);

        /** The instance that is connected is dead or no longer what was asked for. */
        void ended(SessionEnd end);
    }

    /**
     * Why there is no instance.
     *
     * @param text the router's refusal
     * @param detail what happened on the way; null when nothing was tried
     */
    record Failure(String text, @Nullable String detail) {}

    /** What a connection has before it has anything: closes what fails. */
    static final ChannelHandler NONE = new Nothing();

    private final RelayGateway gateway;
    private final EventLoop loop;
    private final GatewaySettings settings;
    private final TlsMode tls;
    private RouteRequest request;
    private Owner owner;
    private @Nullable Ask ask;
    private @Nullable Channel server;
    private @Nullable ConfiguredInstance instance;
    private @Nullable String trouble;
    private boolean connected;
    private boolean closed;

    Upstream(
            RelayGateway gateway,
            EventLoop loop,
            GatewaySettings settings,
            RouteRequest request,
            TlsMode tls,
            Owner owner) {
        this.gateway = gateway;
        this.loop = loop;
        this.settings = settings;
        this.request = request;
        this.tls = tls;
        this.owner = owner;
    }

    RouteRequest request() {
        return request;
    }

    TlsMode tls() {
        return tls;
    }

    GatewaySettings settings() {
        return settings;
    }

    /** What the client calls itself, where that is known only now. */
    void named(String application) {
        Ask now = ask;
        if (now != null && now.session != null) {
            now.session.named(application);
        }
    }

    /** From now on this one is told. */
    void owner(Owner next) {
        owner = next;
    }

    /** The connection, once {@link Owner#connected}. */
    Channel server() {
        Channel now = server;
        if (now == null) {
            throw new IllegalStateException("not connected");
        }
        return now;
    }

    /** The instance it leads to, once {@link Owner#connected}. */
    ConfiguredInstance instance() {
        ConfiguredInstance now = instance;
        if (now == null) {
            throw new IllegalStateException("not connected");
        }
        return now;
    }

    /** Whether there is an instance to connect to; not while it waits for one. */
    boolean routed() {
        return instance != null;
    }

    void open() {
        Ask next = new Ask();
        ask = next;
        next.session = gateway.router().ask(request, next);
        // What the owner has chosen by may have changed before the router was asked.
        RouteRequest better = owner.again(request);
        if (better.target() != request.target()) {
            leave();
            request = better;
            open();
        }
    }

    private void routed(Ask by, ConfiguredInstance where) {
        by.routed = true;
        instance = where;
        InetAddress fixed = where.hostaddr();
        CompletableFuture<List<InetAddress>> addresses = fixed == null
                ? gateway.resolver().resolve(where.host(), settings.connectTimeout())
                : CompletableFuture.completedFuture(List.of(fixed));
        if (addresses.isDone() && !addresses.isCompletedExceptionally()) {
            connect(by, addresses.join(), 0);
        } else {
            addresses.whenComplete((found, failure) -> inLoop(by, () -> {
                if (failure == null) {
                    connect(by, found, 0);
                } else {
                    lost(String.valueOf(failure.getMessage()));
                }
            }));
        }
    }

    private void connect(Ask by, List<InetAddress> addresses, int index) {
        ChannelFuture connect = bootstrap(loop, settings.connectTimeout())
                .connect(new InetSocketAddress(addresses.get(index), instance().backendPort()));
        server = connect.channel();
        connect.addListener(done -> {
            if (!done.isSuccess()) {
                // Where there was no socket to be had this is another thread, for the channel has no loop.
                inLoop(by, () -> notConnected(by, addresses, index, done.cause()));
            } else if (ask == by && !closed) {
                established(by, connect.channel());
            } else {
                connect.channel().close();
            }
        });
    }

    /** Makes connections to instances. */
    Bootstrap bootstrap(EventLoop on, Duration timeout) {
        Bootstrap bootstrap = gateway.transport()
                .client(on)
                .disableResolver()
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(Integer.MAX_VALUE, timeout.toMillis()))
                .handler(NONE);
        return settings.localAddress() == null
                ? bootstrap
                : bootstrap.localAddress(new InetSocketAddress(settings.localAddress(), 0));
    }

    private void notConnected(Ask by, List<InetAddress> addresses, int index, Throwable cause) {
        if (index + 1 < addresses.size()) {
            connect(by, addresses, index + 1);
        } else {
            lost(Failures.text(cause));
        }
    }

    private void established(Ask by, Channel channel) {
        Session session = by.session;
        if (session == null) {
            throw new IllegalStateException("routed before ask returned");
        }
        channel.closeFuture().addListener(gone -> session.close());
        session.connected((InetSocketAddress) channel.localAddress());
        if (tls == TlsMode.PASSTHROUGH) {
            ready(channel);
        } else {
            await(channel, Packets.sslRequest(), answer -> secure(by, channel, answer));
        }
    }

    /**
     * Puts a request to the instance that is connected. If that is lost before it answers, {@link Owner#connected} is
     * called with the next one, which is to be asked anew.
     *
     * @param question released here
     * @param taker gets what the instance sent, at least one byte, to be released by it
     */
    void put(ByteBuf question, Consumer<ByteBuf> taker) {
        connected = false;
        await(server(), question, answer -> {
            connected = true;
            taker.accept(answer);
        });
    }

    private void await(Channel channel, ByteBuf question, Consumer<ByteBuf> taker) {
        Ask by = ask;
        Answer.await(channel, question, answer -> {
            if (ask != by || closed) {
                ReferenceCountUtil.release(answer);
            } else if (answer == null) {
                lost("no answer to a request for encryption");
            } else {
                taker.accept(answer);
            }
        });
    }

    private void secure(Ask by, Channel channel, ByteBuf answer) {
        if (!Answer.accepts(answer)) {
            lost("it does not take TLS connections");
            return;
        }
        SslHandler handler = settings.tlsContext()
                .newHandler(channel.alloc(), instance().host(), instance().backendPort());
        handler.setHandshakeTimeoutMillis(settings.connectTimeout().toMillis());
        channel.pipeline().addLast(handler);
        handler.handshakeFuture().addListener(done -> {
            if (ask != by || closed) {
                return;
            }
            if (done.isSuccess()) {
                ready(channel);
            } else {
                lost(Failures.text(done.cause()));
            }
        });
    }

    private void ready(Channel channel) {
        connected = true;
        owner.connected(channel);
    }

    /** The attempt failed: on to the next instance. */
    private void lost(String why) {
        Set<Integer> avoid = new HashSet<>(request.avoid());
        avoid.add(instance().number());
        lost(why, avoid);
    }

    private void lost(String why, Set<Integer> avoid) {
        ConfiguredInstance where = instance();
        gateway.notReached(where, why);
        trouble = where + ": " + why;
        leave();
        request = owner.again(new RouteRequest(
                request.target(),
                request.application(),
                request.pid(),
                request.path(),
                request.minLsn(),
                avoid,
                request.prefer()));
        open();
        Ask next = ask;
        if (next != null) {
            // Behind the router's answer, which may be on its way through the queue.
            inLoop(next, () -> {
                if (!next.routed) {
                    instance = null;
                    owner.waits();
                }
            });
        }
    }

    private void leave() {
        Ask last = ask;
        ask = null;
        if (last != null && last.session != null) {
            last.session.close();
        }
        // One for which there was no socket cannot be closed.
        if (server != null && server.isOpen()) {
            server.close();
        }
    }

    /** Gives up: leaves the session and closes the connection. Idempotent; the owner hears nothing more. */
    void close() {
        if (!closed) {
            closed = true;
            leave();
        }
    }

    private void inLoop(Ask by, Runnable task) {
        try {
            // Always through the queue: what came on another thread before may still wait there.
            loop.execute(() -> {
                if (ask == by && !closed) {
                    task.run();
                }
            });
        } catch (RejectedExecutionException e) {
            // The loops are shut down, and every channel with them.
            closed = true;
        }
    }

    private final class Ask implements SessionObserver {
        private @Nullable Session session;
        private boolean routed;

        @Override
        public void routed(Route route) {
            inLoop(this, () -> Upstream.this.routed(this, route.instance()));
        }

        @Override
        public void refused(Refusal refusal) {
            inLoop(this, () -> {
                closed = true;
                owner.failed(new Failure(refusal.text(), trouble));
            });
        }

        @Override
        public void ended(SessionEnd end) {
            inLoop(this, () -> {
                if (connected) {
                    owner.ended(end);
                } else {
                    // The router itself does not offer it until it has come back.
                    lost(end.reason(), request.avoid());
                }
            });
        }
    }

    @ChannelHandler.Sharable
    private static final class Nothing extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
