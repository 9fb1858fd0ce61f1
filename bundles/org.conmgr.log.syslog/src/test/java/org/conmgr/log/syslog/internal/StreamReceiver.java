package org.conmgr.log.syslog.internal;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ServerSocketFactory;
import org.conmgr.testkit.Acceptor;

/** A syslog server on a stream: it reads frames with octet counting strictly, and keeps one line for each. */
final class StreamReceiver implements AutoCloseable {
    private final Acceptor acceptor;
    private final Collection<Socket> accepted = new ConcurrentLinkedQueue<>();
    private final Received received;

    StreamReceiver(ServerSocketFactory sockets, int port, Received received) throws IOException {
        this.received = received;
        acceptor = new Acceptor(
                sockets.createServerSocket(port, 50, InetAddress.getLoopbackAddress()), "receiver-accept", this::start);
    }

    int port() {
        return acceptor.port();
    }

    private void start(Socket socket) {
        accepted.add(socket);
        Thread thread = new Thread(() -> read(socket), "receiver-read");
        thread.setDaemon(true);
        thread.start();
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
        acceptor.close();
        for (Socket socket : accepted) {
            socket.close();
        }
    }
}
