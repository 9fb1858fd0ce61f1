package org.conmgr.log.syslog.internal;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.conmgr.netty.Transport;

/** Opens a channel to a syslog. */
@FunctionalInterface
interface Dialer {
    /** How long a connection, a TLS handshake or a write may take. */
    Duration TIMEOUT = Duration.ofSeconds(5);

    /** Opens a connected channel, after the TLS handshake where there is one. Blocks. */
    Channel dial() throws IOException;

    /** To the socket of the local syslog. */
    static Dialer local(Transport transport, Path path) {
        return () -> {
            try {
                Bootstrap datagrams = transport.localDatagrams(transport.applicationLoops());
                return connect(datagrams, new Discarding(), new DomainSocketAddress(path.toString()), path.toString());
            } catch (UnsupportedOperationException e) {
                throw new IOException(path + ": " + e.getMessage(), e);
            }
        };
    }

    /**
     * To a remote syslog.
     *
     * @param trusted the certificates to check the server's against; empty for those that Java trusts
     */
    static Dialer remote(Transport transport, SyslogServer server, List<X509Certificate> trusted) {
        return switch (server.protocol()) {
            case UDP ->
                () -> {
                    Bootstrap datagrams = transport.datagrams(transport.applicationLoops());
                    return connect(datagrams, new Discarding(), resolve(server), server.toString());
                };
            case TCP ->
                () -> {
                    Bootstrap client = transport.client(transport.applicationLoops());
                    return connect(client, new Discarding(), resolve(server), server.toString());
                };
            case TLS -> () -> dialTls(transport.client(transport.applicationLoops()), server, trusted);
        };
    }

    private static Channel dialTls(Bootstrap client, SyslogServer server, List<X509Certificate> trusted)
            throws IOException {
        SslContextBuilder builder = SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS");
        if (!trusted.isEmpty()) {
            builder.trustManager(trusted);
        }
        SslContext context = builder.build();
        ChannelHandler handler = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                SslHandler tls = context.newHandler(channel.alloc(), server.host(), server.port());
                tls.setHandshakeTimeoutMillis(TIMEOUT.toMillis());
                channel.pipeline().addLast(tls, new Discarding());
            }
        };
        Channel channel = connect(client, handler, resolve(server), server.toString());
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            throw new IOException(server + ": closed before the TLS handshake");
        }
        await(tls.handshakeFuture(), channel, server.toString());
        return channel;
    }

    private static Channel connect(Bootstrap bootstrap, ChannelHandler handler, SocketAddress address, String name)
            throws IOException {
        ChannelFuture connected = bootstrap
                .handler(handler)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) TIMEOUT.toMillis())
                .connect(address);
        await(connected, connected.channel(), name);
        return connected.channel();
    }

    /** On the calling thread: left to Netty, a name server would be asked on an event loop. */
    private static InetSocketAddress resolve(SyslogServer server) throws IOException {
        InetSocketAddress address = new InetSocketAddress(server.host(), server.port());
        if (address.isUnresolved()) {
            throw new UnknownHostException(server + ": unknown host");
        }
        return address;
    }

    /**
     * Waits for what the channel is doing, at most {@link #TIMEOUT}; closes it if that fails.
     *
     * @param name what the channel leads to, for the message
     */
    static void await(Future<?> future, Channel channel, String name) throws IOException {
        try {
            if (!future.await(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(name + ": no answer within " + TIMEOUT.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(name + ": interrupted");
        } finally {
            // One for which there was no file descriptor is not open, and cannot be closed.
            if (!future.isSuccess() && channel.isOpen()) {
                channel.close();
            }
        }
        Throwable cause = future.cause();
        if (cause != null) {
            throw new IOException(name + ": " + Failure.text(cause), cause);
        }
    }
}
