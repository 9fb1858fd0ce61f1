package org.conmgr.jdbc;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;

/**
 * Asks a host where to go, in one round trip that also tells whether it is a conmgr at all.
 *
 * <p>The question is a GSSENCRequest with a payload. A PostgreSQL server ignores the payload, answers one byte and logs
 * nothing; but after a {@code G}, the usual answer of packaged servers, the socket is of no use for anything but GSS,
 * so a server is always connected to anew.
 */
final class AskClient {
    /** Seconds and a number, of {@code jdk.net.ExtendedSocketOptions}. */
    private static final Map<String, Integer> KEEPALIVE =
            Map.of("TCP_KEEPIDLE", 5, "TCP_KEEPINTERVAL", 1, "TCP_KEEPCOUNT", 5);

    private AskClient() {}

    /**
     * Asks the first address that accepts a connection. A thread that was interrupted before may ask as it may connect
     * with pgjdbc; one that is interrupted while it asks gives up.
     *
     * @throws IOException nothing usable was answered before the deadline; the message says what happened, not where
     */
    static Answer ask(List<InetAddress> addresses, int port, Ask ask, Deadline deadline) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            return askUninterrupted(addresses, port, ask, deadline);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Answer askUninterrupted(List<InetAddress> addresses, int port, Ask ask, Deadline deadline)
            throws IOException {
        SocketChannel channel = connect(addresses, port, deadline);
        boolean keep = false;
        try {
            Answer answer = ask(channel.socket(), channel, ask, deadline);
            keep = answer instanceof Answer.Routed;
            return answer;
        } catch (SocketTimeoutException e) {
            throw new SocketTimeoutException("no answer within " + deadline);
        } catch (ClosedByInterruptException e) {
            throw new IOException("interrupted", e);
        } catch (MalformedPacket e) {
            throw new IOException("an answer that cannot be read: " + e.getMessage(), e);
        } finally {
            if (!keep) {
                channel.close();
            }
        }
    }

    private static SocketChannel connect(List<InetAddress> addresses, int port, Deadline deadline) throws IOException {
        IOException failure = new IOException("no address");
        for (int i = 0; i < addresses.size(); i++) {
            SocketChannel channel = SocketChannel.open();
            Deadline share = deadline.share(addresses.size() - i);
            try {
                // The channel's socket, since the channel itself knows no timeout.
                channel.socket().connect(new InetSocketAddress(addresses.get(i), port), share.socketMillis());
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                keepAlive(channel);
                return channel;
            } catch (SocketTimeoutException e) {
                failure = new SocketTimeoutException("no TCP connection within " + share);
            } catch (IOException e) {
                failure = e;
            }
            channel.close();
        }
        throw failure;
    }

    /**
     * Lets the system notice within some 10 s that a conmgr on another host is gone without a word: an ask connection
     * is idle. Where the system's own times cannot be changed, they stay.
     */
    private static void keepAlive(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        for (SocketOption<?> option : channel.supportedOptions()) {
            // By name, since the package jdk.net need not be there.
            Integer value = KEEPALIVE.get(option.name());
            if (value != null) {
                set(channel, option, value);
            }
        }
    }

    private static <T> void set(SocketChannel channel, SocketOption<T> option, Object value) throws IOException {
        channel.setOption(option, option.type().cast(value));
    }

    private static Answer ask(Socket socket, SocketChannel channel, Ask ask, Deadline deadline)
            throws IOException, MalformedPacket {
        socket.getOutputStream().write(ask.encode());
        byte[] answer = new byte[1 + Frame.MAX_LENGTH];
        read(socket, answer, 0, 1, deadline);
        switch (answer[0]) {
            case 'N', 'G', 'E' -> {
                // 'E': a server too old for GSS encryption, or a pooler that says so.
                return new Answer.Server();
            }
            case 'C' -> {}
            default ->
                throw new IOException(String.format(
                        "neither a conmgr nor a PostgreSQL server: it answered with byte 0x%02x", answer[0]));
        }
        read(socket, answer, 1, Frame.HEADER - 1, deadline);
        int length = ByteBuffer.wrap(answer).getInt(1);
        if (length < 4 || length > Frame.MAX_LENGTH) {
            throw new MalformedPacket("a length of " + length + " (expected: 4 to " + Frame.MAX_LENGTH + ")");
        }
        read(socket, answer, Frame.HEADER, length - 4, deadline);
        Frame frame = Frame.decode(ByteBuffer.wrap(answer, 0, 1 + length)).orElseThrow();
        if (frame instanceof Frame.Refused refused) {
            return new Answer.Refused(refused.sqlState(), refused.message());
        }
        Frame.Routed route = (Frame.Routed) frame;
        RouteCheck.check(route);
        socket.setSoTimeout(0);
        return new Answer.Routed(route, channel);
    }

    private static void read(Socket socket, byte[] to, int from, int count, Deadline deadline) throws IOException {
        InputStream in = socket.getInputStream();
        for (int at = from; at < from + count; ) {
            socket.setSoTimeout(deadline.socketMillis());
            int read = in.read(to, at, from + count - at);
            if (read < 0) {
                throw new EOFException("it closed the connection without an answer"
                        + " (a conmgr does so when it has max_connections applications)");
            }
            at += read;
        }
    }
}
