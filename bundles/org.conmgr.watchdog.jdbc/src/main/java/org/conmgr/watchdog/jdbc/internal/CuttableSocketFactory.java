package org.conmgr.watchdog.jdbc.internal;

import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Objects;
import javax.net.SocketFactory;

/**
 * Brings a {@link SocketCutter} below the driver, which knows socket factories by class name only and makes one per
 * login. Public for the driver alone.
 */
public final class CuttableSocketFactory extends SocketFactory {
    /** Whose login runs on this thread; set for the time of the login only. */
    static final ThreadLocal<SocketCutter> LOGGING_IN = new ThreadLocal<>();

    private final SocketCutter cutter;

    public CuttableSocketFactory() {
        cutter = Objects.requireNonNull(LOGGING_IN.get(), "made outside a login");
    }

    @Override
    public Socket createSocket() throws SocketException {
        return cutter.newSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws SocketException {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws SocketException {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws SocketException {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws SocketException {
        throw unconnectedOnly();
    }

    private static SocketException unconnectedOnly() {
        return new SocketException("this factory makes unconnected sockets only");
    }
}
