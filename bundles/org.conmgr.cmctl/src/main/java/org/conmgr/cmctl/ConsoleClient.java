package org.conmgr.cmctl;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client of conmgr's console: PostgreSQL's protocol 3.0 ("Message Formats" in its documentation), simple queries
 * only, text format only. After an exception the connection is of no more use.
 */
final class ConsoleClient implements Closeable {
    static final int MAX_MESSAGE = 1 << 20;
    static final int MAX_ROWS = 100_000;

    private static final int PROTOCOL_3_0 = 196608;
    private static final int HEADER = 5;

    /** What RowDescription has behind the name of a column. */
    private static final int DESCRIPTION = 18;

    private final Socket socket;
    private final InputStream in;
    private final Deadline deadline;

    private record Message(char type, ByteBuffer content) {}

    /** An ErrorResponse. */
    static final class SqlFailure extends IOException {
        private static final long serialVersionUID = 1L;

        private final String sqlState;
        private final String text;
        private final String detail;

        SqlFailure(String sqlState, String text, String detail) {
            super("the console says: " + text + " (SQLSTATE " + sqlState + ")");
            this.sqlState = sqlState;
            this.text = text;
            this.detail = detail;
        }

        /** The message as the console has it. */
        String text() {
            return text;
        }

        /** Empty for none; may have several lines. */
        String detail() {
            return detail;
        }
    }

    private ConsoleClient(Socket socket, Deadline deadline) throws IOException {
        this.socket = socket;
        this.deadline = deadline;
        in = new BufferedInputStream(socket.getInputStream());
    }

    /**
     * Connects to the conmgr at that port of this host.
     *
     * @param deadline of the connection's whole life
     * @throws IOException if it cannot, or if that is no console; the message is for the user
     */
    static ConsoleClient open(int port, Deadline deadline) throws IOException {
        IOException refused = null;
        IOException foreign = null;
        for (String address : List.of("127.0.0.1", "::1")) {
            Socket socket;
            try {
                socket = connect(address, port, deadline);
            } catch (IOException e) {
                refused = refused == null ? e : refused;
                continue;
            }
            try {
                return open(socket, deadline);
            } catch (NotConmgr e) {
                foreign = foreign == null ? e : foreign;
            }
        }
        throw foreign != null ? foreign : Objects.requireNonNull(refused);
    }

    /** Something else than a conmgr listens there. */
    private static final class NotConmgr extends IOException {
        private static final long serialVersionUID = 1L;

        NotConmgr(String answer) {
            super("something else than conmgr answers there (" + answer + ")");
        }
    }

    private static ConsoleClient open(Socket socket, Deadline deadline) throws IOException {
        ConsoleClient client = new ConsoleClient(socket, deadline);
        try {
            client.startUp();
            return client;
        } catch (BufferUnderflowException e) {
            client.close();
            throw new NotConmgr("malformed message");
        } catch (SqlFailure e) {
            client.close();
            // Whom it does not let in, and a database that it does not have: neither is a console's answer on its host.
            throw e.sqlState.startsWith("28") || e.sqlState.startsWith("3D") ? new NotConmgr(e.text) : e;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private static Socket connect(String address, int port, Deadline deadline) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), millis(deadline));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void startUp() throws IOException {
        ByteArrayOutputStream parameters = new ByteArrayOutputStream();
        for (String text : List.of(
                "user", System.getProperty("user.name"), "database", "conmgr", "application_name", "cm_ctl", "")) {
            parameters.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            parameters.write(0);
        }
        byte[] content = parameters.toByteArray();
        send(ByteBuffer.allocate(8 + content.length)
                .putInt(8 + content.length)
                .putInt(PROTOCOL_3_0)
                .put(content));
        while (true) {
            Message message = receive();
            switch (message.type) {
                case 'R' -> authenticated(message.content);
                case 'S', 'K', 'N' -> {}
                case 'Z' -> {
                    return;
                }
                default -> throw unexpected(message);
            }
        }
    }

    private static void authenticated(ByteBuffer content) throws IOException {
        int method = content.getInt();
        if (method != 0) {
            throw new NotConmgr("it wants a password or the like: a PostgreSQL?");
        }
    }

    /** Runs one statement. */
    Rows query(String sql) throws IOException {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        send(ByteBuffer.allocate(HEADER + text.length + 1)
                .put((byte) 'Q')
                .putInt(HEADER + text.length)
                .put(text)
                .put((byte) 0));
        List<String> columns = List.of();
        List<List<@Nullable String>> rows = new ArrayList<>();
        while (true) {
            Message message = receive();
            try {
                switch (message.type) {
                    case 'T' -> columns = columns(message.content);
                    case 'D' -> {
                        if (rows.size() == MAX_ROWS) {
                            throw new IOException("more than " + MAX_ROWS + " rows");
                        }
                        rows.add(row(message.content, columns.size()));
                    }
                    case 'C', 'I', 'N', 'S' -> {}
                    case 'Z' -> {
                        return new Rows(columns, rows);
                    }
                    default -> throw unexpected(message);
                }
            } catch (BufferUnderflowException e) {
                throw new IOException("malformed message '" + message.type + "'", e);
            }
        }
    }

    private static List<String> columns(ByteBuffer content) {
        List<String> columns = new ArrayList<>();
        for (int left = content.getShort(); left > 0; left--) {
            columns.add(text(content));
            content.get(new byte[DESCRIPTION]);
        }
        return columns;
    }

    private static List<@Nullable String> row(ByteBuffer content, int columns) throws IOException {
        int count = content.getShort();
        if (count != columns) {
            throw new IOException("a row of " + count + " values (expected: " + columns + ")");
        }
        List<@Nullable String> row = new ArrayList<>();
        for (int i = 0; i < columns; i++) {
            int length = content.getInt();
            row.add(length < 0 ? null : value(content, length));
        }
        return row;
    }

    private static String value(ByteBuffer content, int length) {
        if (length > content.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        content.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Up to a zero byte. */
    private static String text(ByteBuffer content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte b = content.get(); b != 0; b = content.get()) {
            bytes.write(b);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** An ErrorResponse in words; for anything else, that it came. */
    private static IOException unexpected(Message message) {
        if (message.type != 'E') {
            return new NotConmgr("unexpected message '" + message.type + "'");
        }
        String text = "";
        String sqlState = "";
        String detail = "";
        for (byte field = message.content.get(); field != 0; field = message.content.get()) {
            String value = text(message.content);
            switch (field) {
                case 'C' -> sqlState = value;
                case 'M' -> text = value;
                case 'D' -> detail = value;
                default -> {}
            }
        }
        return new SqlFailure(sqlState, text, detail);
    }

    private void send(ByteBuffer message) throws IOException {
        byte[] bytes = new byte[message.flip().remaining()];
        message.get(bytes);
        socket.getOutputStream().write(bytes);
    }

    private Message receive() throws IOException {
        ByteBuffer header = read(HEADER);
        char type = (char) (header.get() & 0xff);
        int length = header.getInt();
        if (length < 4 || length > MAX_MESSAGE) {
            throw new NotConmgr("message '" + type + "' of " + length + " bytes, expected: 4 to " + MAX_MESSAGE);
        }
        return new Message(type, read(length - 4));
    }

    private ByteBuffer read(int count) throws IOException {
        byte[] bytes = new byte[count];
        int at = 0;
        while (at < count) {
            socket.setSoTimeout(millis(deadline));
            int got = in.read(bytes, at, count - at);
            if (got < 0) {
                throw new EOFException("conmgr closed the connection");
            }
            at += got;
        }
        return ByteBuffer.wrap(bytes);
    }

    private static int millis(Deadline deadline) throws SocketTimeoutException {
        if (deadline.isOver()) {
            throw new SocketTimeoutException("no answer in time");
        }
        return (int) Math.min(deadline.left().toMillis() + 1, Integer.MAX_VALUE);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
