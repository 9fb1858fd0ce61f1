package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of a connection as the bytes of the socket under the driver. */
class WatchedSocketTest {
    private static final byte[] STARTUP = {0, 0, 0, 9, 0, 3, 0, 0, 0};
    private static final byte[] READY = {'R', 0, 0, 0, 8, 0, 0, 0, 0, 'Z', 0, 0, 0, 5, 'I'};
    private static final String REASON = "instance 0 (db1:5432) is dead";

    private final ServerSocket listener;
    private final WatchedSocket socket = new WatchedSocket();
    private Socket server = new Socket();
    private InputStream in = InputStream.nullInputStream();
    private OutputStream out = OutputStream.nullOutputStream();

    WatchedSocketTest() throws IOException {
        listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    }

    @BeforeEach
    void connect() throws IOException {
        Endpoint there = new Endpoint("127.0.0.1", listener.getLocalPort());
        InetAddress loopback = InetAddress.getLoopbackAddress();
        socket.open(
                Session.direct(there, List.of(loopback)),
                new InetSocketAddress(loopback, there.port()),
                Deadline.afterMillis(5000));
        server = listener.accept();
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        server.close();
        listener.close();
    }

    private void logIn() throws IOException {
        out.write(STARTUP);
        receive(READY);
    }

    private void receive(byte[] bytes) throws IOException {
        server.getOutputStream().write(bytes);
        assertThat(in.readNBytes(bytes.length)).isEqualTo(bytes);
    }

    private static byte[] errorResponse(String sqlState) {
        byte[] fields = ("SFATAL\0VFATAL\0C" + sqlState + "\0M" + REASON + "\0\0").getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(5 + fields.length)
                .put((byte) 'E')
                .putInt(4 + fields.length)
                .put(fields)
                .array();
    }

    /** What a reader gets that was blocked when the end came. */
    private CompletableFuture<byte[]> reading() {
        CompletableFuture<byte[]> all = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                all.complete(in.readAllBytes());
            } catch (IOException e) {
                all.completeExceptionally(e);
            }
        });
        reader.start();
        awaitBlocked(reader);
        return all;
    }

    private static void awaitBlocked(Thread thread) {
        AtomicReference<String> before = new AtomicReference<>("");
        until("the thread is blocked in the network", () -> {
            StackTraceElement[] stack = thread.getStackTrace();
            String now = Arrays.toString(stack);
            return stack.length > 0 && stack[0].isNativeMethod() && now.equals(before.getAndSet(now));
        });
    }

    @Test
    void betweenMessagesTheReaderGetsOneLastErrorResponseAndTheEnd() throws IOException {
        logIn();
        CompletableFuture<byte[]> reader = reading();
        socket.end(REASON);
        assertThat(reader.join()).isEqualTo(errorResponse("08006"));
        assertThat(socket.isClosed()).isTrue();
        assertThat(in.read()).isEqualTo(-1);
        assertThatThrownBy(() -> out.write(1))
                .isInstanceOf(SocketException.class)
                .hasMessage(REASON);
    }

    @Test
    void theErrorResponseMayBeReadInPieces() throws IOException {
        logIn();
        socket.end(REASON);
        byte[] expected = errorResponse("08006");
        assertThat(in.read()).isEqualTo('E');
        assertThat(in.available()).isEqualTo(expected.length - 1);
        assertThat(socket.isClosed()).as("not told yet").isFalse();
        assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(expected, 1, expected.length));
    }

    @Test
    void beforeTheLoginItIsAFailureToConnect() throws IOException {
        out.write(STARTUP);
        socket.end(REASON);
        assertThat(in.readAllBytes()).isEqualTo(errorResponse("08001"));
    }

    @Test
    void insideAMessageTheReaderGetsAnException() throws IOException {
        logIn();
        receive(new byte[] {'D', 0, 0, 0, 99, 0});
        CompletableFuture<byte[]> reader = reading();
        socket.end(REASON);
        assertThatThrownBy(reader::join)
                .isInstanceOf(CompletionException.class)
                .hasRootCauseInstanceOf(SocketException.class)
                .hasRootCauseMessage(REASON);
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void whereOneByteIsExpectedTheReaderGetsAnException() throws IOException {
        out.write(new byte[] {0, 0, 0, 8, 4, (byte) 0xd2, 0x16, 0x2f});
        socket.end(REASON);
        assertThatThrownBy(() -> in.read()).isInstanceOf(SocketException.class).hasMessage(REASON);
    }

    @Test
    void underTlsReaderAndWriterGetAnException() throws IOException {
        out.write(new byte[] {0, 0, 0, 8, 4, (byte) 0xd2, 0x16, 0x2f});
        receive(new byte[] {'S'});
        CompletableFuture<byte[]> reader = reading();
        socket.end(REASON);
        assertThatThrownBy(reader::join).hasRootCauseMessage(REASON);
        assertThatThrownBy(() -> out.write(1))
                .isInstanceOf(SocketException.class)
                .hasMessage(REASON);
    }

    @Test
    void aRequestAfterTheEndIsTakenAndAnsweredWithTheReason() throws IOException {
        logIn();
        socket.end(REASON);
        socket.setSoTimeout(10);
        assertThat(socket.getSoTimeout()).isZero();
        out.write(new byte[1000]);
        out.flush();
        assertThat(in.readAllBytes()).isEqualTo(errorResponse("08006"));
    }

    @Test
    void aStreamAfterTheEndIsNotTaken() throws IOException {
        logIn();
        socket.end(REASON);
        byte[] block = new byte[8192];
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 9; i++) {
                        out.write(block);
                    }
                })
                .isInstanceOf(SocketException.class)
                .hasMessage(REASON);
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void aBlockedWriterWakes() throws Exception {
        logIn();
        CompletableFuture<Long> writer = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            byte[] block = new byte[65536];
            try {
                while (true) {
                    out.write(block);
                }
            } catch (IOException e) {
                assertThat(e).isInstanceOf(SocketException.class).hasMessage(REASON);
                writer.complete(System.nanoTime());
            }
        });
        thread.start();
        awaitBlocked(thread);
        long start = System.nanoTime();
        socket.end(REASON);
        assertThat(writer.get() - start).isLessThan(1_000_000_000);
    }

    @Test
    void theServersOwnEndIsPassedOn() throws IOException {
        logIn();
        server.close();
        assertThat(in.read()).isEqualTo(-1);
        socket.end(REASON);
        assertThat(in.readAllBytes()).isEqualTo(errorResponse("08006"));
    }

    @Test
    void aSocketThatTheDriverClosedIsClosed() throws IOException {
        logIn();
        socket.end(REASON);
        assertThat(socket.isClosed()).isFalse();
        socket.close();
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void aSessionThatHasEndedConnectsNoMore() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        Session session = Session.direct(new Endpoint("127.0.0.1", listener.getLocalPort()), List.of(loopback));
        session.end(REASON);
        try (WatchedSocket late = new WatchedSocket()) {
            assertThatThrownBy(() -> late.open(
                            session,
                            new InetSocketAddress(loopback, listener.getLocalPort()),
                            Deadline.afterMillis(5000)))
                    .hasMessage(REASON);
        }
    }
}
