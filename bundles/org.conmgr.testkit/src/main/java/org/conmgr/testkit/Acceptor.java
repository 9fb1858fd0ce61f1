package org.conmgr.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ServerSocket;
import java.net.Socket;

/** Accepts on a server socket, on a thread of its own, until closed. */
public final class Acceptor implements Closeable {
    private static final long JOIN_MILLIS = 20_000;

    private final ServerSocket listener;
    private final Server server;
    private final Thread accepting;

    /** Who gets the connections, on the accepting thread, and closes them. */
    @FunctionalInterface
    public interface Server {
        /**
         * Takes one connection.
         *
         * @throws IOException if it has broken: the next one is accepted
         */
        void serve(Socket connection) throws IOException;
    }

    /**
     * Begins at once.
     *
     * @param name the thread's
     */
    public Acceptor(ServerSocket listener, String name, Server server) {
        this.listener = listener;
        this.server = server;
        accepting = new Thread(this::accept, name);
        accepting.setDaemon(true);
        accepting.start();
    }

    public int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                if (listener.isClosed()) {
                    connection.close();
                } else {
                    server.serve(connection);
                }
            } catch (IOException e) {
                // Closed, or one connection has broken.
            }
        }
    }

    /**
     * When it returns, connections are refused and the port is free. Until accept() has returned, which is after the
     * server socket's own close(), the kernel goes on to take connections.
     */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            accepting.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        if (accepting.isAlive()) {
            throw new IOException(accepting.getName() + " still serves a connection");
        }
    }
}
