package org.conmgr.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One connection whose bytes go on to another one. */
class InletPassingTest {
    private static final int CHUNK = 1 << 20;

    /** Of Linux's tcp_states.h. */
    private static final int TCP_CLOSE = 7;

    private final AtomicLong seen = new AtomicLong();
    private final AtomicLong arrived = new AtomicLong();
    private Pair from;
    private Pair to;
    private Outlet outlet;

    @BeforeEach
    void connect() throws Exception {
        from = new Pair(true, false);
        to = from.another();
        outlet = new Outlet(to.server);
        to.server.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelWritabilityChanged(ChannelHandlerContext ctx) {
                from.server.config().setAutoRead(ctx.channel().isWritable());
            }

            @Override
            public void channelInactive(ChannelHandlerContext ctx) {
                from.server.config().setAutoRead(true);
            }
        });
        from.server
                .eventLoop()
                .submit(() -> Inlet.open(from.server, this::passOn, outlet))
                .sync();
    }

    @AfterEach
    void close() throws IOException {
        to.close();
        from.close();
    }

    private void passOn(ByteBuf bytes) {
        seen.addAndGet(bytes.readableBytes());
        outlet.write(bytes);
        outlet.flush();
        if (to.server.isActive() && !to.server.isWritable()) {
            from.server.config().setAutoRead(false);
        }
    }

    /** Sends until it is told, then a last chunk, and ends its side. */
    private final class Sender {
        private final Random random = new Random(11);
        private final CompletableFuture<Long> sent = new CompletableFuture<>();
        private volatile boolean enough;

        Sender() {
            start(() -> {
                long count = 0;
                OutputStream out = from.client.getOutputStream();
                byte[] chunk = new byte[CHUNK];
                for (boolean last = false; !last; count += CHUNK) {
                    last = enough;
                    random.nextBytes(chunk);
                    out.write(chunk);
                }
                sent.complete(count);
            });
        }

        private void start(Action action) {
            InletPassingTest.start(action, sent);
        }
    }

    /** Compares what arrives with what is sent, in pieces. */
    private CompletableFuture<Long> receive(int atOnce) {
        CompletableFuture<Long> received = new CompletableFuture<>();
        start(
                () -> {
                    Random random = new Random(11);
                    byte[] expected = new byte[CHUNK];
                    byte[] chunk = new byte[CHUNK];
                    InputStream in = to.client.getInputStream();
                    for (int at = 0; ; ) {
                        int count = in.read(chunk, at, Math.min(atOnce, CHUNK - at));
                        if (count < 0) {
                            assertThat(at)
                                    .as("bytes behind the last whole chunk")
                                    .isZero();
                            break;
                        }
                        arrived.addAndGet(count);
                        at += count;
                        if (at == CHUNK) {
                            random.nextBytes(expected);
                            assertThat(Arrays.mismatch(chunk, expected))
                                    .as("place of the first wrong byte")
                                    .isNegative();
                            at = 0;
                        }
                    }
                    received.complete(arrived.get());
                },
                received);
        return received;
    }

    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    private static void start(Action action, CompletableFuture<?> result) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (Exception | AssertionError e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void finish(Sender sender, CompletableFuture<Long> received) throws Exception {
        sender.enough = true;
        long sent = sender.sent.get();
        Await.until("all has arrived", () -> received.isDone() || arrived.get() == sent);
        to.server.close().sync();
        assertThat(received.get()).isEqualTo(sent);
    }

    @Test
    void aResetInTheMiddleOfAStreamIsNoEnd() throws Exception {
        // So that what it holds is read in one turn: at the next one epoll tells the error itself.
        from.server.config().setOption(ChannelOption.SO_RCVBUF, 4 * Inlet.SIZE);
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        from.server.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                events.add(String.valueOf(cause.getMessage()));
            }

            @Override
            public void channelInactive(ChannelHandlerContext ctx) {
                events.add("inactive");
            }
        });
        AtomicInteger full = new AtomicInteger();
        from.server
                .eventLoop()
                .submit(() -> Inlet.open(
                        from.server,
                        bytes -> {
                            full.set(bytes.readableBytes() == Inlet.SIZE ? full.get() + 1 : 0);
                            bytes.release();
                            if (full.get() == Inlet.STREAM) {
                                reset(from.client);
                                Await.until("the reset has come", this::isReset);
                            }
                        },
                        outlet))
                .sync();
        receive(CHUNK);
        Sender sender = new Sender();
        assertThat(events.poll(Pair.DEADLINE_MS, TimeUnit.MILLISECONDS)).contains("reset");
        assertThat(sender.sent).failsWithin(Pair.DEADLINE_MS, TimeUnit.MILLISECONDS);
    }

    private boolean isReset() {
        return ((EpollSocketChannel) from.server).tcpInfo().state() == TCP_CLOSE;
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class NoMemory extends AbstractByteBufAllocator {
        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }

        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            throw new OutOfMemoryError("of this test");
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            throw new OutOfMemoryError("of this test");
        }
    }

    @Test
    void wantOfMemoryEndsOneChannelAndNotItsLoop() throws Exception {
        from.server.config().setAllocator(new NoMemory());
        from.client.getOutputStream().write(1);
        assertThat(from.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
        try (Pair other = from.another()) {
            BlockingQueue<Integer> read = new LinkedBlockingQueue<>();
            other.server
                    .eventLoop()
                    .submit(() -> Inlet.open(other.server, bytes -> {
                        read.add((int) bytes.readByte());
                        bytes.release();
                    }))
                    .sync();
            other.client.getOutputStream().write(2);
            assertThat(read.poll(Pair.DEADLINE_MS, TimeUnit.MILLISECONDS)).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "6.5.0-44-generic, false",
        "6.5.13, false",
        "6.6.3-1, false",
        "6.6.4, true",
        "6.6.30, true",
        "6.7.0, true",
        "5.15.0-100-generic, true",
        "6.1.0-18-amd64, true",
        "6.18.5, true"
    })
    void aKernelThatWaitsForSocketsIsNotUsed(String kernel, boolean suits) {
        assertThat(Pipe.suits(kernel)).isEqualTo(suits);
    }

    private static long pipes() {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(InletPassingTest::isPipe).count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isPipe(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("pipe:");
        } catch (IOException e) {
            // Closed since.
            return false;
        }
    }

    @Test
    void aStreamGoesOnWithoutItsReader() throws Exception {
        long before = pipes();
        CompletableFuture<Long> received = receive(CHUNK);
        Sender sender = new Sender();
        Await.until("more has arrived than the reader saw", () -> arrived.get() > seen.get());
        assertThat(pipes()).as("ends of one pipe").isEqualTo(before + 2);
        finish(sender, received);
        from.close();
        Await.until("the pipe is closed with its loop", () -> pipes() == before);
    }

    @Test
    void whatAStreamsTargetDoesNotTakeComesToTheReader() throws Exception {
        to.server.config().setOption(ChannelOption.SO_SNDBUF, Inlet.SIZE / 4);
        to.client.setReceiveBufferSize(Inlet.SIZE / 4);
        CompletableFuture<Long> received = receive(Inlet.SIZE / 8);
        Sender sender = new Sender();
        Await.until("much has arrived, some of it past the reader", () -> {
            long all = arrived.get();
            return all > 32 * CHUNK && all > seen.get();
        });
        finish(sender, received);
        assertThat(seen.get()).isGreaterThan(CHUNK);
    }

    @Test
    void singleBytesBehindAStreamComeToTheReader() throws Exception {
        CompletableFuture<Long> received = receive(CHUNK);
        Sender sender = new Sender();
        Await.until("more has arrived than the reader saw", () -> arrived.get() > seen.get());
        finishSending(sender);
        // The stream's last read need not have been a short one.
        long all = arrived.get();
        from.client.getOutputStream().write(1);
        Await.until("a byte has arrived", () -> arrived.get() == all + 1);
        long before = seen.get();
        from.client.getOutputStream().write(2);
        Await.until("the reader sees the next", () -> seen.get() == before + 1);
        assertThat(received).isNotDone();
    }

    private void finishSending(Sender sender) throws Exception {
        sender.enough = true;
        long sent = sender.sent.get();
        Await.until("all has arrived", () -> arrived.get() == sent);
    }

    @Test
    void whatCannotBePassedOnAnyMoreComesToTheReader() throws Exception {
        receive(CHUNK);
        Sender sender = new Sender();
        Await.until("more has arrived than the reader saw", () -> arrived.get() > seen.get());
        to.client.setSoLinger(true, 0);
        to.client.close();
        assertThat(to.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
        long before = seen.get();
        Await.until("the reader gets what comes", () -> seen.get() > before + 8 * CHUNK);
        sender.enough = true;
        sender.sent.get();
        assertThat(from.server.isOpen()).isTrue();
    }
}
