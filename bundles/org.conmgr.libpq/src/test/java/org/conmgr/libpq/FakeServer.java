package org.conmgr.libpq;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.testkit.Acceptor;

/** As much of a PostgreSQL server as a login needs, for very many of them: a real one starts a process for each. */
final class FakeServer implements Closeable {
    private static final int STARTUP = 0x0003_0000;

    private final Acceptor acceptor;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();

    FakeServer() throws IOException {
        this(0);
    }

    FakeServer(int port) throws IOException {
        acceptor = new Acceptor(
                new ServerSocket(port, 200, InetAddress.getLoopbackAddress()), "fake-server", this::accepted);
    }

    /** How many there were. */
    int connections() {
        return connections.get();
    }

    /** Ends the next login without a word. */
    void dropsOne() {
        dropped.incrementAndGet();
    }

    int port() {
        return acceptor.port();
    }

    private void accepted(Socket socket) {
        connections.incrementAndGet();
        Thread thread = new Thread(() -> serve(socket), "fake-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            socket.setTcpNoDelay(true);
            int length = in.readInt();
            int code = in.readInt();
            in.skipNBytes(length - 8);
            if (code != STARTUP) {
                out.writeByte('N');
                return;
            }
            if (dropped.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                return;
            }
            out.write(login());
            in.readAllBytes();
        } catch (IOException e) {
            // The program has gone.
        }
    }

    private static byte[] login() throws IOException {
        var bytes = new java.io.ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(new byte[] {'R', 0, 0, 0, 8, 0, 0, 0, 0});
        for (String parameter :
                List.of("server_version\00015.0\0", "in_hot_standby\0off\0", "client_encoding\0UTF8\0")) {
            out.writeByte('S');
            out.writeInt(4 + parameter.length());
            out.write(parameter.getBytes(StandardCharsets.US_ASCII));
        }
        out.write(new byte[] {'K', 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1});
        out.write(new byte[] {'Z', 0, 0, 0, 5, 'I'});
        return bytes.toByteArray();
    }

    @Override
    public void close() throws IOException {
        acceptor.close();
    }
}
