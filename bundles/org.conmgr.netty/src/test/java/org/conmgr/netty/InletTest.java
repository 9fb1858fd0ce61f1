package org.conmgr.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InletTest {
    private static final int MUCH = 8 << 20;

    /** The accepted channel's bytes, whichever way they come, and which way they came. */
    private static final class Received extends ChannelInboundHandlerAdapter implements Inlet.Reader {
        private final Pair pair;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        private final AtomicInteger byInlet = new AtomicInteger();
        private final AtomicInteger byPipeline = new AtomicInteger();

        Received(Pair pair) throws InterruptedException {
            this.pair = pair;
            pair.server.pipeline().addLast(this);
            inLoop(() -> Inlet.open(pair.server, this));
        }

        void inLoop(Runnable task) throws InterruptedException {
            pair.server.eventLoop().submit(task).sync();
        }

        @Override
        public void read(ByteBuf read) {
            int size = read.readableBytes();
            take(read);
            byInlet.addAndGet(size);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf read = (ByteBuf) message;
            int size = read.readableBytes();
            take(read);
            byPipeline.addAndGet(size);
        }

        private void take(ByteBuf read) {
            try {
                read.readBytes(bytes, read.readableBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                read.release();
            }
        }

        int count() {
            return byInlet.get() + byPipeline.get();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            events.add("inactive");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            events.add(cause.getClass().getSimpleName());
        }

        void send(int value) throws IOException {
            int before = count();
            pair.client.getOutputStream().write(value);
            Await.until("a byte is read", () -> count() == before + 1);
        }

        String event() throws InterruptedException {
            return String.valueOf(events.poll(Pair.DEADLINE_MS, TimeUnit.MILLISECONDS));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEndWaitsBehindWhatIsNotToBeReadYet(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, true)) {
            Received received = new Received(pair);
            pair.client.getOutputStream().write(new byte[100_000]);
            pair.client.close();
            for (int turn = 0; turn < 10; turn++) {
                received.inLoop(() -> {});
            }
            assertThat(received.count()).isZero();
            assertThat(pair.server.isOpen()).isTrue();

            received.inLoop(() -> pair.server.config().setAutoRead(true));
            assertThat(received.event()).isEqualTo("inactive");
            assertThat(received.count()).isEqualTo(100_000);
        }
    }

    @Test
    void aResetDoesNotWait() throws Exception {
        try (Pair pair = new Pair(true, true)) {
            pair.client.setSoLinger(true, 0);
            pair.client.close();
            assertThat(pair.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsSentComesInItsOrder(boolean epoll) throws Exception {
        byte[] all = new byte[MUCH];
        Random random = new Random(7);
        random.nextBytes(all);
        try (Pair pair = new Pair(epoll, false)) {
            Received received = new Received(pair);
            for (int at = 0; at < MUCH; ) {
                int count = Math.min(1 + random.nextInt(300_000), MUCH - at);
                pair.client.getOutputStream().write(all, at, count);
                at += count;
            }
            pair.client.close();

            assertThat(received.event()).isEqualTo("inactive");
            assertThat(received.bytes.toByteArray()).isEqualTo(all);
            assertThat(received.byInlet.get() > 0).as("past the pipeline").isEqualTo(epoll);
        }
    }

    @Test
    void aLargeAmountComesByItAtOnce() throws Exception {
        try (Pair pair = new Pair(true, true)) {
            Received received = new Received(pair);
            pair.client.getOutputStream().write(new byte[100_000]);
            received.inLoop(() -> pair.server.config().setAutoRead(true));
            Await.until("all is read", () -> received.count() == 100_000);
            assertThat(received.byPipeline.get()).isZero();
        }
    }

    @Test
    void smallMessagesComeByItOneByOne() throws Exception {
        try (Pair pair = new Pair(true, false)) {
            Received received = new Received(pair);
            for (int i = 0; i < 100; i++) {
                received.send(i);
            }
            assertThat(received.byInlet.get()).isEqualTo(100);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readingThatIsSwitchedOffRests(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            Received received = new Received(pair);
            received.send(1);
            received.inLoop(() -> pair.server.config().setAutoRead(false));
            pair.client.getOutputStream().write(new byte[3]);
            try (Pair other = pair.another()) {
                // The loop has looked at its sockets since.
                new Received(other).send(2);
            }
            assertThat(received.count()).isEqualTo(1);
            received.inLoop(() -> pair.server.config().setAutoRead(true));
            Await.until("the rest is read", () -> received.count() == 4);
        }
    }

    @Test
    void aReaderThatSwitchesReadingOffGetsNoMore() throws Exception {
        try (Pair pair = new Pair(true, false)) {
            Received received = new Received(pair);
            received.inLoop(() -> Inlet.open(pair.server, bytes -> {
                pair.server.config().setAutoRead(false);
                received.read(bytes);
            }));
            Thread sender = new Thread(() -> {
                try {
                    pair.client.getOutputStream().write(new byte[MUCH]);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            sender.start();
            for (int before = 0; before < MUCH; ) {
                int had = before;
                Await.until("more is read", () -> received.count() > had);
                // Until the loop has come to rest.
                received.inLoop(() -> {});
                before = received.count();
                assertThat(before - had).isLessThanOrEqualTo(Inlet.SIZE);
                received.inLoop(() -> pair.server.config().setAutoRead(true));
            }
            sender.join();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void onceItIsClosedThePipelineGetsAll(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            Received received = new Received(pair);
            received.send(1);
            int before = received.byInlet.get();
            received.inLoop(() -> Inlet.close(pair.server));
            received.send(2);
            received.send(3);
            assertThat(received.byInlet.get()).isEqualTo(before);
            assertThat(received.bytes.toByteArray()).containsExactly(1, 2, 3);
        }
    }

    @Test
    void aChannelThatLingersHasNone() throws Exception {
        try (Pair pair = new Pair(true, false)) {
            Received received = new Received(pair);
            received.send(1);
            received.inLoop(() -> LingeringClose.start(
                    pair.server, pair.server.alloc().buffer().writeByte(9)));
            pair.client.getOutputStream().write(2);
            assertThat(pair.client.getInputStream().readAllBytes()).containsExactly(9);
            pair.client.close();
            assertThat(received.event()).isEqualTo("inactive");
            assertThat(received.count()).isEqualTo(1);
        }
    }

    @Test
    void whatAReaderThrowsIsToldToThePipelineAndEndsNothing() throws Exception {
        try (Pair pair = new Pair(true, false);
                Pair other = pair.another()) {
            Received received = new Received(pair);
            Received beside = new Received(other);
            received.inLoop(() -> Inlet.open(pair.server, bytes -> {
                bytes.release();
                throw new IllegalStateException("not to be read");
            }));
            pair.client.getOutputStream().write(1);
            assertThat(received.event()).isEqualTo("IllegalStateException");
            beside.send(2);
            received.inLoop(() -> Inlet.open(pair.server, received));
            received.send(3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aResetPeerClosesTheChannel(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            Received received = new Received(pair);
            received.send(1);
            pair.client.setSoLinger(true, 0);
            pair.client.close();
            assertThat(pair.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
        }
    }

    private static ByteBuf next(BlockingQueue<ByteBuf> reads) throws InterruptedException {
        ByteBuf next = reads.poll(Pair.DEADLINE_MS, TimeUnit.MILLISECONDS);
        assertThat(next).as("what was read").isNotNull();
        return next;
    }

    @Test
    void channelsOfALoopReadIntoOneBufferUnlessItIsKept() throws Exception {
        try (Pair pair = new Pair(true, false);
                Pair other = pair.another()) {
            Received received = new Received(pair);
            BlockingQueue<ByteBuf> reads = new LinkedBlockingQueue<>();
            received.inLoop(() -> {
                Inlet.open(pair.server, bytes -> reads.add(bytes.slice()));
                Inlet.open(other.server, bytes -> {
                    bytes.release();
                    reads.add(bytes);
                });
            });
            other.client.getOutputStream().write(1);
            ByteBuf first = next(reads);
            other.client.getOutputStream().write(2);
            assertThat(next(reads)).isSameAs(first);

            pair.client.getOutputStream().write(3);
            ByteBuf kept = next(reads);
            assertThat(kept.unwrap()).isSameAs(first);
            other.client.getOutputStream().write(4);
            assertThat(next(reads)).isNotSameAs(first);
            assertThat(ByteBufUtil.getBytes(kept)).containsExactly(3);
            kept.release();
        }
    }

    @Test
    void nothingIsKeptForAChannelThatIsClosed() throws Exception {
        try (Pair pair = new Pair(true, false)) {
            Received received = new Received(pair);
            received.inLoop(() -> assertThat(Inlet.knows(pair.server)).isTrue());
            pair.server.close().sync();
            received.inLoop(() -> assertThat(Inlet.knows(pair.server)).isFalse());
        }
    }
}
