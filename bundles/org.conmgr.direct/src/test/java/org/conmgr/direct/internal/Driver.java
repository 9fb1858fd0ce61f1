package org.conmgr.direct.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;

/** The driver's side over a plain socket. */
final class Driver implements AutoCloseable {
    private static final int DEADLINE_MS = 10_000;

    private final Socket socket = new Socket();
    private final ByteBuffer received =
            ByteBuffer.allocate(2 * Frame.MAX_LENGTH).flip();

    Driver(InetSocketAddress address) throws IOException {
        socket.setSoTimeout(DEADLINE_MS);
        socket.setTcpNoDelay(true);
        socket.connect(address, DEADLINE_MS);
    }

    /** Asks, and returns the answer. */
    Frame ask(String target) throws IOException, MalformedPacket {
        send(new Ask(target, "test", 1, 0).encode());
        return frame();
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The next byte. */
    int read() throws IOException {
        return socket.getInputStream().read();
    }

    /** All bytes up to the end. */
    byte[] readAll() throws IOException {
        return socket.getInputStream().readAllBytes();
    }

    /** The next frame. */
    Frame frame() throws IOException, MalformedPacket {
        while (true) {
            Optional<Frame> frame = Frame.decode(received);
            if (frame.isPresent()) {
                return frame.get();
            }
            received.compact();
            InputStream in = socket.getInputStream();
            int count = in.read(received.array(), received.position(), received.remaining());
            if (count < 0) {
                throw new IOException("conmgr closed the connection");
            }
            received.position(received.position() + count).flip();
        }
    }

    /** Whether conmgr has closed the connection, in good order or not; waits for one or for bytes. */
    boolean closed() throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
