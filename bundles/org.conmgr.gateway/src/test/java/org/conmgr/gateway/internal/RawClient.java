package org.conmgr.gateway.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.util.NetUtil;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** PostgreSQL's protocol over a socket, message by message, for what no driver does. */
final class RawClient implements AutoCloseable {
    private static final int DEADLINE_MS = 20_000;
    private static final int SSL_REQUEST = 80877103;
    private static final int CANCEL = 80877102;

    Socket socket;
    private DataInputStream in;
    private OutputStream out;

    /** Process id and key, once told. */
    byte[] key = new byte[0];

    /** The last ErrorResponse, its fields one after the other. */
    String error = "";

    /** Bytes of CopyData received. */
    long copied;

    RawClient(int port) throws IOException {
        this(port, 0);
    }

    /** @param receiveBuffer bytes; 0 for the system's own choice */
    RawClient(int port, int receiveBuffer) throws IOException {
        socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setSoTimeout(DEADLINE_MS);
        socket.connect(new InetSocketAddress(NetUtil.LOCALHOST4, port), DEADLINE_MS);
        use(socket);
    }

    private void use(Socket now) throws IOException {
        socket = now;
        in = new DataInputStream(now.getInputStream());
        out = now.getOutputStream();
    }

    RawClient send(byte[] bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    static byte[] startup(int minor, String... parameters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (String parameter : parameters) {
            body.writeBytes(parameter.getBytes(UTF_8));
            body.write(0);
        }
        body.write(0);
        return ByteBuffer.allocate(8 + body.size())
                .putInt(8 + body.size())
                .putInt(3 << 16 | minor)
                .put(body.toByteArray())
                .array();
    }

    static byte[] message(char type, String text) {
        byte[] body = text.getBytes(UTF_8);
        boolean terminate = type == 'X';
        int length = 4 + body.length + (terminate ? 0 : 1);
        ByteBuffer message = ByteBuffer.allocate(1 + length).put((byte) type).putInt(length);
        return terminate ? message.array() : message.put(body).put((byte) 0).array();
    }

    /** A message whose body is as it is. */
    static byte[] raw(char type, byte[] body) {
        return ByteBuffer.allocate(5 + body.length)
                .put((byte) type)
                .putInt(4 + body.length)
                .put(body)
                .array();
    }

    static byte[] sslRequest() {
        return ByteBuffer.allocate(8).putInt(8).putInt(SSL_REQUEST).array();
    }

    static byte[] cancel(byte[] key) {
        return ByteBuffer.allocate(8 + key.length)
                .putInt(8 + key.length)
                .putInt(CANCEL)
                .put(key)
                .array();
    }

    int read() throws IOException {
        return in.read();
    }

    byte[] read(int count) throws IOException {
        return in.readNBytes(count);
    }

    byte[] readAll() throws IOException {
        return in.readAllBytes();
    }

    /** Logs in as the superuser and reads up to ReadyForQuery. */
    RawClient login(int minor, String... more) throws IOException {
        String[] parameters = new String[4 + more.length];
        System.arraycopy(new String[] {"user", "postgres", "database", "postgres"}, 0, parameters, 0, 4);
        System.arraycopy(more, 0, parameters, 4, more.length);
        send(startup(minor, parameters));
        untilReady();
        return this;
    }

    /** Reads messages up to ReadyForQuery or the end; returns the first column of all rows. */
    String untilReady() throws IOException {
        StringBuilder rows = new StringBuilder();
        while (true) {
            int type = in.read();
            if (type < 0) {
                return rows.append("<end>").toString();
            }
            byte[] body = in.readNBytes(in.readInt() - 4);
            switch (type) {
                case 'K' -> key = body;
                case 'd' -> copied += body.length;
                case 'E' -> error = new String(body, UTF_8).replace('\0', ' ');
                case 'D' ->
                    rows.append(new String(body, 6, body.length - 6, UTF_8)).append('\n');
                case 'Z' -> {
                    return rows.toString();
                }
                default -> {}
            }
        }
    }

    String query(String sql) throws IOException {
        send(message('Q', sql));
        return untilReady();
    }

    /** Begins TLS on this connection, with an SSLRequest or, as PostgreSQL 17 can, without. */
    RawClient tls(String name, boolean direct) throws Exception {
        if (!direct) {
            send(sslRequest());
            int answer = read();
            if (answer != 'S') {
                throw new IOException("answer " + answer);
            }
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustEverybody()}, null);
        SSLSocket encrypted = (SSLSocket) context.getSocketFactory().createSocket(socket, name, socket.getPort(), true);
        SSLParameters parameters = encrypted.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"postgresql"});
        encrypted.setSSLParameters(parameters);
        encrypted.startHandshake();
        use(encrypted);
        return this;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static final class TrustEverybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
