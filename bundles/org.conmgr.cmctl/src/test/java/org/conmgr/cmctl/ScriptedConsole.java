package org.conmgr.cmctl;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A server socket that speaks the console's side of PostgreSQL's protocol: for each query the bytes it is told. */
final class ScriptedConsole implements AutoCloseable {
    static final byte[] READY = message('Z', out -> out.writeByte('I'));
    static final byte[] WELCOME = concat(
            message('R', out -> out.writeInt(0)), message('S', out -> texts(out, "server_version", "16")), READY);

    private final ServerSocket server;
    private final byte[] welcome;
    private final Function<String, byte[]> answers;
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    ScriptedConsole(byte[] welcome, Function<String, byte[]> answers) throws IOException {
        this(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()), welcome, answers);
    }

    /** @param server is closed with it */
    ScriptedConsole(ServerSocket server, byte[] welcome, Function<String, byte[]> answers) {
        this.server = server;
        this.welcome = welcome;
        this.answers = answers;
        Thread thread = new Thread(this::accept, "scripted console");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return server.getLocalPort();
    }

    /** The start-up parameters of each connection and its queries, in order. */
    BlockingQueue<String> received() {
        return received;
    }

    private void accept() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                serve(new DataInputStream(socket.getInputStream()), socket);
            } catch (IOException e) {
                // The client has gone, or the test is over.
            }
        }
    }

    private void serve(DataInputStream in, Socket socket) throws IOException {
        received.add(content(in));
        socket.getOutputStream().write(welcome);
        while (in.read() == 'Q') {
            String query = content(in).replace("\0", "");
            received.add(query);
            socket.getOutputStream().write(answers.apply(query));
        }
    }

    private static String content(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt() - 4), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    static byte[] message(char type, Content content) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            content.writeTo(new DataOutputStream(bytes));
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(message);
            out.writeByte(type);
            out.writeInt(4 + bytes.size());
            bytes.writeTo(out);
            return message.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void texts(DataOutputStream out, String... texts) throws IOException {
        for (String text : texts) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.writeByte(0);
        }
    }

    static byte[] columns(String... names) {
        return message('T', out -> {
            out.writeShort(names.length);
            for (String name : names) {
                texts(out, name);
                out.writeInt(0);
                out.writeShort(0);
                out.writeInt(25);
                out.writeShort(-1);
                out.writeInt(-1);
                out.writeShort(0);
            }
        });
    }

    static byte[] row(@Nullable String... values) {
        return message('D', out -> {
            out.writeShort(values.length);
            for (String value : values) {
                if (value == null) {
                    out.writeInt(-1);
                } else {
                    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
                    out.writeInt(bytes.length);
                    out.write(bytes);
                }
            }
        });
    }

    static byte[] done(int rows) {
        return concat(message('C', out -> texts(out, "SHOW " + rows)), READY);
    }

    static byte[] error(String sqlState, String text) {
        return error(sqlState, text, "");
    }

    static byte[] error(String sqlState, String text, String detail) {
        return message('E', out -> {
            texts(out, "SFATAL", "C" + sqlState, "M" + text);
            if (!detail.isEmpty()) {
                texts(out, "D" + detail);
            }
            out.writeByte(0);
        });
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List.of(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }
}
