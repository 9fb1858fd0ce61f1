package org.conmgr.heartbeat.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** As much of a postmaster as a probe needs: takes a GSSENCRequest and answers that it has no GSS. */
final class Postmaster implements AutoCloseable {
    private static final long JOIN_MILLIS = 20_000;

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    private final Thread answering = new Thread(this::answer, "postmaster");

    Postmaster() throws IOException {
        answering.setDaemon(true);
        answering.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    private void answer() {
        while (!listener.isClosed()) {
            try (Socket probe = listener.accept()) {
                if (probe.getInputStream().readNBytes(8).length == 8) {
                    probe.getOutputStream().write('N');
                }
            } catch (IOException e) {
                // It is closed, or the probe has left before its answer.
            }
        }
    }

    /** Nobody is answered any more when it returns: until accept() has returned, the kernel still takes connections. */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            answering.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (answering.isAlive()) {
            throw new IOException("the postmaster still waits for a probe to send its request");
        }
    }
}
