package org.conmgr.watchdog.jdbc.internal;

import java.net.Socket;
import java.net.SocketException;
import java.util.function.Supplier;

/** Makes sockets, of which none opens while this host has no file descriptor left. */
final class ExhaustedHost implements Supplier<Socket> {
    volatile boolean exhausted;

    @Override
    public Socket get() {
        return new Socket() {
            @Override
            public void setTcpNoDelay(boolean on) throws SocketException {
                if (exhausted) {
                    throw new SocketException("Too many open files");
                }
                super.setTcpNoDelay(on);
            }
        };
    }
}
