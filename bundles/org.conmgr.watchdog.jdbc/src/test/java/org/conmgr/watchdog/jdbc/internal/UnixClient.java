package org.conmgr.watchdog.jdbc.internal;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.conmgr.embedded.EmbeddedInstance;

/** A session over the Unix socket, of which the driver knows nothing. */
final class UnixClient implements AutoCloseable {
    private static final int VERSION_3 = 196608;

    private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    private final DataInputStream in = new DataInputStream(Channels.newInputStream(channel));

    UnixClient(EmbeddedInstance instance, String role) throws IOException {
        channel.connect(UnixDomainSocketAddress.of(instance.dataDirectory().resolve(".s.PGSQL." + instance.port())));
        byte[] parameters = ("user\0" + role + "\0database\0postgres\0\0").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer startup = ByteBuffer.allocate(8 + parameters.length);
        channel.write(startup.putInt(8 + parameters.length)
                .putInt(VERSION_3)
                .put(parameters)
                .flip());
        awaitReady();
    }

    private void awaitReady() throws IOException {
        for (int type = in.readUnsignedByte(); type != 'Z'; type = in.readUnsignedByte()) {
            String body = new String(in.readNBytes(in.readInt() - 4), StandardCharsets.UTF_8);
            if (type == 'E') {
                throw new IOException(body);
            }
        }
        in.readNBytes(in.readInt() - 4);
    }

    boolean isValid() throws IOException {
        byte[] query = "select 1\0".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer message = ByteBuffer.allocate(5 + query.length);
        channel.write(
                message.put((byte) 'Q').putInt(4 + query.length).put(query).flip());
        try {
            awaitReady();
            return true;
        } catch (EOFException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
