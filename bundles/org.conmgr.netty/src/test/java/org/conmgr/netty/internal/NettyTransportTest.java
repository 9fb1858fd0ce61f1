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
        try (NettyTransport transport = new NettyTransport(epoll);
                Socket client = new Socket()) {
            EventLoop loop = transport.applicationLoops().next();
            Channel listening = transport
                    .server(loop)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new Echo());
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            client.setSoTimeout(DEADLINE_MS);
            client.connect(listening.localAddress(), DEADLINE_MS);
            client.getOutputStream().write(1);
            assertThat(client.getInputStream().read()).isEqualTo(1);
            AtomicInteger done = new AtomicInteger();
            AtomicBoolean over = new AtomicBoolean();
            for (int i = 0; i < TASKS; i++) {
                loop.execute(() -> {
                    long end = System.nanoTime() + TASK_NANOS;
                    while (!over.get() && System.nanoTime() < end) {
                        Thread.onSpinWait();
                    }
                    done.incrementAndGet();
                });
            }
            int before = done.get();

            client.getOutputStream().write(2);
            assertThat(client.getInputStream().read()).isEqualTo(2);

            int meanwhile = done.get() - before;
            over.set(true);
            assertThat(meanwhile).as("tasks that ran before the answer").isLessThan(TASKS / 20);
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }
}
