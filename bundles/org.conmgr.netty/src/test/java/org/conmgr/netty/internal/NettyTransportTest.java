package org.conmgr.netty.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NettyTransportTest {
    private static final int TASKS = 100_000;
    private static final long TASK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final int DEADLINE_MS = 30_000;

    /** Else all sessions would wait until a verdict has ended its own. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSocketIsServedBetweenManyTasks(boolean epoll) throws Exception {
        AtomicInteger done = new AtomicInteger();
        AtomicInteger doneAtRead = new AtomicInteger();
        try (NettyTransport transport = new NettyTransport(epoll);
                Socket client = new Socket()) {
            EventLoop loop = transport.applicationLoops().next();
            Channel listening = transport
                    .server(loop)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new Echo(done, doneAtRead));
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            client.setSoTimeout(DEADLINE_MS);
            client.connect(listening.localAddress(), DEADLINE_MS);
            client.getOutputStream().write(1);
            assertThat(client.getInputStream().read()).isEqualTo(1);
            AtomicBoolean over = new AtomicBoolean();
            CountDownLatch queued = new CountDownLatch(1);
            // By the loop itself: another thread may have to wait for a processor between any two steps.
            loop.submit(() -> {
                assertThat(queued.await(DEADLINE_MS, TimeUnit.MILLISECONDS)).isTrue();
                client.getOutputStream().write(2);
                return null;
            });
            for (int i = 0; i < TASKS; i++) {
                loop.execute(() -> {
                    long end = System.nanoTime() + TASK_NANOS;
                    while (!over.get() && System.nanoTime() < end) {
                        Thread.onSpinWait();
                    }
                    done.incrementAndGet();
                });
            }
            queued.countDown();
            assertThat(client.getInputStream().read()).isEqualTo(2);
            over.set(true);
            assertThat(doneAtRead.get()).as("tasks that ran before the answer").isLessThan(TASKS / 20);
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        private final AtomicInteger done;
        private final AtomicInteger doneAtRead;

        private Echo(AtomicInteger done, AtomicInteger doneAtRead) {
            this.done = done;
            this.doneAtRead = doneAtRead;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            doneAtRead.set(done.get());
            ctx.writeAndFlush(message);
        }
    }
}
