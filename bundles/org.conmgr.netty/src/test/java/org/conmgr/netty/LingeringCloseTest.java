package org.conmgr.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LingeringCloseTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void thePeerReadsTheLastWordsThoughItsOwnWereNeverRead(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, true)) {
            pair.client.getOutputStream().write(new byte[60_000]);
            // The server has them in its input: a plain close would make its kernel send RST.
            LingeringClose.start(pair.server, Unpooled.copiedBuffer("bye", US_ASCII));

            assertThat(pair.client.getInputStream().readAllBytes())
                    .asString(US_ASCII)
                    .isEqualTo("bye");
            assertThat(pair.server.isOpen()).isTrue();
            pair.client.getOutputStream().write(new byte[1_000]);
            pair.client.close();
            assertThat(pair.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerThatHasEndedItsSideIsClosedAtOnceWhenAllIsSent(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            pair.server.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            pair.server
                    .eventLoop()
                    .submit(() -> pair.server.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                            LingeringClose.whenSent(ctx.channel());
                        }
                    }))
                    .sync();
            pair.client.shutdownOutput();

            assertThat(pair.client.getInputStream().read()).isEqualTo(-1);
            assertThat(pair.server.closeFuture().await(LingeringClose.LIMIT.toMillis() / 2))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerThatEndsItsSideMeanwhileGetsAll(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, true)) {
            byte[] much = new byte[16 << 20];
            pair.server.writeAndFlush(Unpooled.wrappedBuffer(much));
            LingeringClose.whenSent(pair.server);
            pair.client.shutdownOutput();
            Await.until(
                    "its end has been read",
                    () -> ((DuplexChannel) pair.server).isInputShutdown() || !pair.server.isOpen());

            assertThat(pair.client.getInputStream().readAllBytes()).hasSameSizeAs(much);
            assertThat(pair.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerThatNeverClosesIsClosed(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            long start = System.nanoTime();
            LingeringClose.start(pair.server, Unpooled.EMPTY_BUFFER);

            assertThat(pair.server.closeFuture().await(Pair.DEADLINE_MS)).isTrue();
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))
                    .isBetween(LingeringClose.LIMIT.toMillis() - 50, LingeringClose.LIMIT.toMillis() + 2_000);
        }
    }

    @Test
    void aSecondCallOnlyReleasesItsWords() {
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
        channel.pipeline().addFirst(new HoldWrites());
        LingeringClose.start(channel, Unpooled.copiedBuffer("first", US_ASCII));
        ByteBuf second = Unpooled.copiedBuffer("second", US_ASCII);
        LingeringClose.start(channel, second);

        assertThat(second.refCnt()).isZero();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aClosedChannelIsNotHeld() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.close();
        channel.pipeline().addFirst(new HoldWrites()); // else each write that fails would clear all up
        List<String> handlers = channel.pipeline().names();
        ByteBuf words = Unpooled.copiedBuffer("late", US_ASCII);
        LingeringClose.start(channel, words);
        LingeringClose.whenSent(channel);

        assertThat(words.refCnt()).isZero();
        assertThat(channel.pipeline().names()).as("nobody waits for its end").isEqualTo(handlers);
    }

    @Test
    void wordsThatCannotBeWrittenDoNotKeepTheChannel() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addFirst(new HoldWrites());
        LingeringClose.start(channel, Unpooled.copiedBuffer("never", US_ASCII));
        ByteBuf dropped = Unpooled.copiedBuffer("what comes in", US_ASCII);
        channel.writeInbound(dropped);
        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(dropped.refCnt()).isZero();
        assertThat(channel.isOpen()).isTrue();

        channel.advanceTimeBy(LingeringClose.LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void whatWasWrittenBeforeMayTakeItsTimeTheCloseMayNot() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addFirst(new HoldWrites());
        LingeringClose.whenSent(channel);
        channel.advanceTimeBy(LingeringClose.PATIENCE.toMillis() - 1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();

        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aPeerThatReadsSlowlyIsWaitedFor() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        ByteBuf first = Unpooled.copiedBuffer("first", US_ASCII);
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        queue.addMessage(first, first.readableBytes(), channel.newPromise());
        channel.pipeline().addFirst(new HoldWrites());
        LingeringClose.whenSent(channel);
        queue.addFlush();
        queue.remove();
        channel.advanceTimeBy(LingeringClose.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        channel.advanceTimeBy(LingeringClose.PATIENCE.toMillis() - 1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).as("it has read something").isTrue();

        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aCloseThatIsUnderWayCanBeHastened() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addFirst(new HoldWrites());
        LingeringClose.whenSent(channel);
        LingeringClose.start(channel, Unpooled.EMPTY_BUFFER);
        channel.advanceTimeBy(LingeringClose.LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    /** A peer whose window is closed. */
    private static final class HoldWrites extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
        }
    }
}
