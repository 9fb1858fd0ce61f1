package org.conmgr.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A port of 127.0.0.1 where a TCP connect hangs: its queue of connections that nobody accepts is full, so packets are
 * dropped.
 */
public final class BlackHole implements Closeable {
    private static final int MOST = 20;
    private static final int SILENT_MS = 300;

    private final ServerSocket server;
    private final List<Socket> queued = new ArrayList<>();

    public BlackHole() throws IOException {
        this(0);
    }

    public BlackHole(int port) throws IOException {
        server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        for (int i = 0; i < MOST; i++) {
            Socket socket = new Socket();
            queued.add(socket);
            try {
                socket.connect(new InetSocketAddress(address(), port()), SILENT_MS);
            } catch (SocketTimeoutException e) {
                return;
            }
        }
        close();
        throw new IOException("it takes " + MOST + " connections into a backlog of 1");
    }

    public int port() {
        return server.getLocalPort();
    }

    public InetAddress address() {
        return server.getInetAddress();
    }

    /** Whether somebody waits for an answer to a SYN; Linux only. */
    public boolean swallows() throws IOException {
        String to = String.format(":%04X 02 ", port());
        try (Stream<String> sockets = Files.lines(Path.of("/proc/net/tcp"));
                Stream<String> mapped = Files.lines(Path.of("/proc/net/tcp6"))) {
            return Stream.concat(sockets, mapped).anyMatch(line -> line.contains(to));
        }
    }

    /** Refuses connections from now on; the port is free. */
    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : queued) {
            socket.close();
        }
    }
}
