package org.conmgr.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutletTest {
    private static final int SIZE = 16 << 20;

    /** Does it with an outlet of the accepted channel, on its event loop, and waits for it. */
    private static void inLoop(Pair pair, Consumer<Outlet> use) throws InterruptedException {
        pair.server
                .eventLoop()
                .submit(() -> use.accept(new Outlet(pair.server)))
                .sync();
    }

    /** The socket is full long before the last byte, so that both ways are gone. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsWrittenComesInItsOrderThoughTheSocketIsFull(boolean epoll) throws Exception {
        byte[] all = new byte[SIZE];
        Random random = new Random(5);
        random.nextBytes(all);
        AtomicBoolean wasFull = new AtomicBoolean();
        try (Pair pair = new Pair(epoll, false)) {
            inLoop(pair, outlet -> {
                for (int at = 0; at < SIZE; ) {
                    int count = Math.min(1 + random.nextInt(40_000), SIZE - at);
                    outlet.write(pair.server.alloc().directBuffer(count).writeBytes(all, at, count));
                    at += count;
                    if (random.nextInt(3) == 0) {
                        outlet.flush();
                    }
                }
                outlet.flush();
                wasFull.set(!pair.server.isWritable());
            });

            assertThat(wasFull).as("the channel says that it is full").isTrue();
            assertThat(pair.client.getInputStream().readNBytes(SIZE)).isEqualTo(all);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSmallMessageIsGoneWhenNothingWaits(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            ByteBuf message = pair.server.alloc().directBuffer().writeByte(7);
            inLoop(pair, outlet -> {
                outlet.write(message);
                outlet.flush();
            });

            assertThat(pair.client.getInputStream().read()).isEqualTo(7);
            assertThat(message.refCnt()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWaitsKeepsNoBufferThatIsMuchLarger(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            byte[] much = new byte[SIZE];
            ByteBuf large = pair.server.alloc().directBuffer(Inlet.SIZE).writeByte(7);
            AtomicBoolean free = new AtomicBoolean();
            inLoop(pair, outlet -> {
                outlet.write(pair.server.alloc().directBuffer(SIZE).writeBytes(much));
                outlet.write(large);
                free.set(large.refCnt() == 0);
                outlet.flush();
            });

            assertThat(free.get()).isEqualTo(epoll);
            assertThat(pair.client.getInputStream().readNBytes(SIZE)).isEqualTo(much);
            assertThat(pair.client.getInputStream().read()).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClosedChannelReleasesWhatIsWritten(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            ByteBuf message = pair.server.alloc().directBuffer().writeByte(7);
            inLoop(pair, outlet -> {
                pair.server.close();
                outlet.write(message);
                outlet.flush();
            });

            assertThat(message.refCnt()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aResetPeerClosesTheChannel(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, true)) {
            pair.client.setSoLinger(true, 0);
            pair.client.close();
            ByteBuf[] messages = new ByteBuf[2];
            inLoop(pair, outlet -> {
                for (int i = 0; i < messages.length; i++) {
                    messages[i] = pair.server.alloc().directBuffer().writeByte(i);
                    outlet.write(messages[i]);
                    outlet.flush();
                }
            });

            assertThat(pair.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
            assertThat(messages).allMatch(message -> message.refCnt() == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theOwnSideEndsBehindWhatWaits(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            byte[] much = new byte[SIZE];
            AtomicBoolean ended = new AtomicBoolean();
            AtomicBoolean endedAtOnce = new AtomicBoolean();
            inLoop(pair, outlet -> {
                outlet.write(pair.server.alloc().directBuffer(SIZE).writeBytes(much));
                outlet.flush();
                outlet.end(() -> ended.set(true));
                endedAtOnce.set(ended.get());
            });

            assertThat(pair.client.getInputStream().readAllBytes()).isEqualTo(much);
            assertThat(endedAtOnce).isFalse();
            assertThat(ended).isTrue();
            assertThat(pair.server.isActive()).as("the other side goes on").isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theOwnSideEndsAtOnceWhenNothingWaits(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            AtomicBoolean ended = new AtomicBoolean();
            inLoop(pair, outlet -> outlet.end(() -> ended.set(true)));

            assertThat(pair.client.getInputStream().read()).isEqualTo(-1);
            assertThat(ended).isTrue();
            assertThat(pair.server.isActive()).as("the other side goes on").isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsClosedHasNoSideToEnd(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            AtomicBoolean ended = new AtomicBoolean();
            inLoop(pair, outlet -> {
                pair.server.close();
                outlet.end(() -> ended.set(true));
            });

            assertThat(ended).isFalse();
        }
    }

    @Test
    void aChannelWithoutASocketGetsItByItsPipelineWhenItIsFlushed() {
        EmbeddedChannel channel = new EmbeddedChannel();
        Outlet outlet = new Outlet(channel);
        outlet.write(Unpooled.wrappedBuffer(new byte[] {1}));
        assertThat(channel.<Object>readOutbound()).isNull();
        outlet.flush();
        ByteBuf sent = channel.readOutbound();
        assertThat(sent.readByte()).isEqualTo((byte) 1);
        sent.release();
    }
}
