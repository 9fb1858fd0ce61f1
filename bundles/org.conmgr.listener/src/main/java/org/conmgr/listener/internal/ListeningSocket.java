package org.conmgr.listener.internal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.netty.Transport;
import org.jspecify.annotations.Nullable;

/**
 * Listens on one address until closed; from the start if it can, else as soon as it can. Why it cannot is said once,
 * and again when the reason changes.
 */
final class ListeningSocket implements AutoCloseable {
    private static final long FIRST_RETRY_MS = 100;
    private static final long MAX_RETRY_MS = 3_000;
    private static final long MAX_WAIT_MS = 2_000;

    private final ServerBootstrap bootstrap;
    private final InetSocketAddress address;
    private final MessageLog log;
    private final Runnable attempted;
    private final CountDownLatch firstAttempt = new CountDownLatch(1);
    private @Nullable ChannelFuture attempt;
    private @Nullable Future<?> retry;
    private long retryMs = FIRST_RETRY_MS;
    private String lastCause = "";
    /** The address that was said to be listened on, until it is said that it is not. */
    private @Nullable String said;

    private boolean closed;

    /**
     * For the sockets of one listener.
     *
     * @param taker gets each connection, on its event loop
     */
    static ServerBootstrap bootstrap(Transport transport, MessageLog log, Consumer<Channel> taker) {
        return transport
                .server(transport.applicationLoops())
                .handler(new AcceptFailures(log))
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        taker.accept(channel);
                    }
                });
    }

    /** @param attempted called by an event loop, with no lock held, after each attempt to listen */
    ListeningSocket(ServerBootstrap bootstrap, InetSocketAddress address, MessageLog log, Runnable attempted) {
        this.bootstrap = bootstrap;
        this.address = address;
        this.log = log;
        this.attempted = attempted;
    }

    /** Begins to listen, now or later; does not wait for it. */
    synchronized void open() {
        if (!closed) {
            ChannelFuture bind = bootstrap.bind(address);
            attempt = bind;
            bind.addListener(done -> {
                opened(bind);
                firstAttempt.countDown();
                attempted.run();
            });
        }
    }

    private synchronized void opened(ChannelFuture bind) {
        if (closed) {
            return;
        }
        Throwable cause = bind.cause();
        if (cause == null) {
            retryMs = FIRST_RETRY_MS;
            lastCause = "";
            said = Peer.text(bind.channel().localAddress());
            log.log(Message.LISTENING, said);
            bind.channel().closeFuture().addListener(gone -> failed("the socket was closed"));
        } else {
            failed(String.valueOf(cause.getMessage()));
        }
    }

    private synchronized void failed(String cause) {
        EventLoopGroup loops = bootstrap.config().group();
        if (closed || loops.isShuttingDown()) {
            return;
        }
        said = null;
        if (!cause.equals(lastCause)) {
            lastCause = cause;
            log.log(Message.CANNOT_LISTEN, Peer.text(address), cause);
        }
        retry = loops.next().schedule(this::open, retryMs, TimeUnit.MILLISECONDS);
        retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
    }

    /** Where it listens; empty while it cannot. */
    synchronized Optional<SocketAddress> localAddress() {
        return attempt != null && attempt.isSuccess() && attempt.channel().isOpen()
                ? Optional.of(attempt.channel().localAddress())
                : Optional.empty();
    }

    /** Why it does not listen, and where; empty when it does, or does not know yet. */
    synchronized Optional<String> failure() {
        return lastCause.isEmpty() ? Optional.empty() : Optional.of(Peer.text(address) + ": " + lastCause);
    }

    /** Waits until the first attempt has an end, at most two seconds. Not for an event loop. */
    void awaitAttempt() {
        try {
            firstAttempt.await(MAX_WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until the port is free again, at most two seconds. Accepted connections stay. Not for an event loop. */
    @Override
    public void close() {
        ChannelFuture gone = release();
        if (gone != null) {
            gone.awaitUninterruptibly(MAX_WAIT_MS);
        }
    }

    /** Begins to close. Accepted connections stay. */
    @Nullable
    ChannelFuture release() {
        ChannelFuture last;
        String was;
        synchronized (this) {
            if (closed) {
                return null;
            }
            closed = true;
            if (retry != null) {
                retry.cancel(false);
            }
            last = attempt;
            was = said;
        }
        if (last == null || last.cause() != null) {
            return null;
        }
        ChannelFuture gone = last.channel().close();
        if (was != null) {
            log.log(Message.STOPPED_LISTENING, was);
        }
        return gone;
    }
}
