package org.conmgr.heartbeat.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.conmgr.testkit.Acceptor;

/** As much of a postmaster as a probe needs: takes a GSSENCRequest and answers that it has no GSS. */
final class Postmaster implements AutoCloseable {
    private final Acceptor acceptor =
            new Acceptor(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), "postmaster", Postmaster::answer);

    Postmaster() throws IOException {}

    int port() {
        return acceptor.port();
    }

    private static void answer(Socket connection) throws IOException {
        try (Socket probe = connection) {
            if (probe.getInputStream().readNBytes(8).length == 8) {
                probe.getOutputStream().write('N');
            }
        }
    }

    /** Nobody is answered any more when it returns. */
    @Override
    public void close() throws IOException {
        acceptor.close();
    }
}
