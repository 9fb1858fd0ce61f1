package org.conmgr.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.lab.Host;
import org.conmgr.testkit.lab.HostProcess;
import org.conmgr.testkit.lab.Lab;
import org.junit.jupiter.api.Test;

class ReceiveQueueTest {
    private static final int PORT = 9000;
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @Test
    void onlyTheKernelOfEpollIsAsked() throws Exception {
        for (boolean epoll : new boolean[] {true, false}) {
            try (Pair pair = new Pair(epoll, true)) {
                pair.client.getOutputStream().write(1);
                Await.until(
                        "the kernel tells of it, if it can",
                        () -> ReceiveQueue.nanosSinceArrival(pair.server) < TimeUnit.SECONDS.toNanos(20) == epoll);
            }
        }
    }

    /** Reads; and says when something has come that it cannot read. */
    public static final class Reader {
        private static final long MANY = TimeUnit.MILLISECONDS.toNanos(50);

        private Reader() {}

        public static void main(String[] arguments) throws Exception {
            long[] read = new long[1];
            NettyTransport transport = new NettyTransport(true);
            transport
                    .server(transport.heartbeatLoops())
                    .childHandler(new SimpleChannelInboundHandler<ByteBuf>() {
                        @Override
                        public void channelActive(ChannelHandlerContext ctx) {
                            read[0] = System.nanoTime();
                            ctx.executor().scheduleAtFixedRate(() -> look(ctx), 2, 2, TimeUnit.MILLISECONDS);
                        }

                        private void look(ChannelHandlerContext ctx) {
                            long silent = System.nanoTime() - read[0];
                            if (ReceiveQueue.nanosSinceArrival(ctx.channel()) < silent - MANY) {
                                System.out.println("something has come");
                            }
                        }

                        @Override
                        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
                            read[0] = System.nanoTime();
                            System.out.println("read " + bytes.toString(StandardCharsets.US_ASCII));
                        }
                    })
                    .bind(PORT)
                    .sync();
            System.out.println("listening");
            System.in.read();
        }
    }

    /** Sends each line of its standard input. */
    public static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            try (Socket socket = new Socket()) {
                socket.setTcpNoDelay(true);
                socket.connect(new InetSocketAddress(arguments[0], PORT));
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    socket.getOutputStream().write(line.getBytes(StandardCharsets.US_ASCII));
                    System.out.println("sent " + line);
                }
            }
        }
    }

    @Test
    void whatCameBehindALossCountsThoughItCannotBeRead() throws IOException {
        Lab.assumeAvailable();
        try (Lab lab = Lab.open()) {
            Host one = lab.database("one");
            Host other = lab.client("other");
            HostProcess reader = one.java(Reader.class).awaitOutput("listening", DEADLINE);
            HostProcess writer = other.java(Writer.class, one.address());
            writer.tell("a");
            reader.awaitOutput("read a", DEADLINE);
            assertThat(reader.output()).doesNotContain("something has come");

            // The loss may be made good before anything is behind it: then once more.
            for (char lost = 'b';
                    lost < 'z' && !reader.output().contains("something has come");
                    lost = (char) (lost + 2)) {
                String next = String.valueOf((char) (lost + 1));
                lab.cutOneWay(other, one);
                writer.tell(String.valueOf(lost));
                writer.awaitOutput("sent " + lost, DEADLINE);
                lab.heal();
                // That the next has come is not heard of, so that the lost one is not sent again for a while.
                lab.cutOneWay(one, other);
                writer.tell(next);
                reader.awaitOutput("read " + lost, DEADLINE);
                lab.heal();
                Await.until("the next is read", DEADLINE, () -> reader.lines().stream()
                        .anyMatch(line -> line.matches("read .?" + next)));
            }
            assertThat(reader.output()).contains("something has come");
        }
    }
}
