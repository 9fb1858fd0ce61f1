package org.conmgr.log.syslog.internal;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ServerSocketFactory;

/** A syslog server on a stream: it reads frames with octet counting strictly, and keeps one line for each. */
final class StreamReceiver implements AutoCloseable {
    private final ServerSocket server;
    private final Collection<Socket> accepted = new ConcurrentLinkedQueue<>();
    private final Received received;

    StreamReceiver(ServerSocketFactory sockets, int port, Received received) throws IOException {
        this.received = received;
        server = sockets.createServerSocket(port, 50, InetAddress.getLoopbackAddress());
        start("accept", this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, "receiver-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                accepted.add(socket);
                start("read", () -> read(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void read(Socket socket) {
        try (socket;
                DataInputStream in = new DataInputStream(socket.getInputStream())) {
            while (true) {
                int length = 0;
                for (int digit = in.readUnsignedByte(); digit != ' '; digit = in.readUnsignedByte()) {
                    if (digit < '0' || digit > '9') {
                        received.add("NOT A LENGTH: " + digit);
                        return;
                    }
                    length = length * 10 + digit - '0';
                }
                received.add(new String(in.readNBytes(length), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // The other end, or close().
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : accepted) {
            socket.close();
        }
    }
}
