package org.conmgr.libpq;

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

/** A port whose kernel answers no SYN any more, because its listener's backlog is full. */
final class BlackHole implements Closeable {
    private static final int MOST = 20;
    private static final int SILENT_MS = 300;

    private final ServerSocket listener;
    private final List<Socket> fillers = new ArrayList<>();

    BlackHole() throws IOException {
        this(0);
    }

    BlackHole(int port) throws IOException {
        listener = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        for (int i = 0; i < MOST; i++) {
            Socket filler = new Socket();
            fillers.add(filler);
            try {
                filler.connect(listener.getLocalSocketAddress(), SILENT_MS);
            } catch (SocketTimeoutException e) {
                return;
            }
        }
        close();
        throw new IOException("it takes " + MOST + " connections into a backlog of 1");
    }

    int port() {
        return ((InetSocketAddress) listener.getLocalSocketAddress()).getPort();
    }

    /** Whether somebody waits for an answer to a SYN. */
    boolean swallows() throws IOException {
        String to = String.format(":%04X 02 ", port());
        try (Stream<String> sockets = Files.lines(Path.of("/proc/net/tcp"))) {
            try (Stream<String> mapped = Files.lines(Path.of("/proc/net/tcp6"))) {
                return Stream.concat(sockets, mapped).anyMatch(line -> line.contains(to));
            }
        }
    }

    /** Refuses connections from now on; the port is free. */
    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket filler : fillers) {
            filler.close();
        }
    }
}
