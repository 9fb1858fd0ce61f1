package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Holds the raw sockets of one watchdog's session, from their connect on, so that any thread can cut them at once. The
 * driver's own {@code close()} cannot do that: it writes first, and blocks where nobody reads. Thread-safe.
 */
final class SocketCutter {
    private final Supplier<Socket> maker;
    private final List<Socket> sockets = new ArrayList<>();
    private boolean closed;

    SocketCutter() {
        this(Socket::new);
    }

    /** @param maker makes unconnected sockets */
    SocketCutter(Supplier<Socket> maker) {
        this.maker = maker;
    }

    /**
     * An unconnected socket that this cutter can cut.
     *
     * @throws NoSocket if the system gives none
     * @throws SocketException if closed already
     */
    synchronized Socket newSocket() throws SocketException {
        if (closed) {
            throw new SocketException("closed by the watchdog");
        }
        sockets.removeIf(Socket::isClosed);
        Socket socket = maker.get();
        try {
            // The first that is asked of a socket opens it. Here, so that a failure of this host's own is told apart.
            socket.setTcpNoDelay(true);
        } catch (SocketException e) {
            throw new NoSocket(e);
        }
        sockets.add(socket);
        return socket;
    }

    /** Cuts what there is; others may follow. Idempotent, never blocks. */
    synchronized void cut() {
        try {
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close a socket", e);
        } finally {
            sockets.clear();
        }
    }

    /** Cuts what there is and lets nothing follow. Idempotent, never blocks. */
    synchronized void close() {
        closed = true;
        notifyAll();
        cut();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Waits for the time given or until closed, whichever comes first. */
    synchronized void awaitClose(Duration time) throws InterruptedException {
        long deadline = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0 && !closed; left = deadline - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }
}
