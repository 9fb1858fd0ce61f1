package org.conmgr.bench.links;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.conmgr.netty.internal.NettyTransport;
import org.jspecify.annotations.Nullable;

/** The conmgrs' JVM: as many links as asked for on one event loop, with no more behind each than its beats. */
final class ConmgrSide {
    /** Ephemeral ports are some 28,000 an address. */
    private static final int LINKS_PER_ADDRESS = 2_000;

    private static final int OPENING_AT_ONCE = 64;
    private static final int STEP_MILLIS = 5;

    private final int port;
    private final int count;
    private final int intervalMillis;
    private final NettyTransport transport = new NettyTransport();
    private final EventLoop loop = transport.heartbeatLoops().next();
    private final @Nullable Link[] links;
    private final CountDownLatch welcomed;

    // Belong to the loop.
    private int next;
    private long started;
    private long sentUpTo;
    private long beats;
    private long longest;
    private long missed;
    private long latest;
    private long ownStall;
    private long stepped;

    private ConmgrSide(int port, int count, int intervalMillis) {
        this.port = port;
        this.count = count;
        this.intervalMillis = intervalMillis;
        links = new Link[count];
        welcomed = new CountDownLatch(count);
    }

    public static void main(String[] arguments) throws Exception {
        ConmgrSide side = new ConmgrSide(
                Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String question = questions.readLine(); question != null; question = questions.readLine()) {
            switch (question) {
                case "open" -> side.open();
                case "reset" -> side.loop.submit(side::reset).sync();
                default -> {}
            }
            System.out.println(side.loop.submit(side::figures).get());
        }
        System.exit(0);
    }

    private void reset() {
        beats = 0;
        longest = 0;
        missed = 0;
        latest = 0;
        ownStall = 0;
    }

    private String figures() {
        return "beats=" + beats + " longest=" + TimeUnit.NANOSECONDS.toMillis(longest) + " missed=" + missed
                + " latest=" + latest / 1000 + " stall=" + TimeUnit.NANOSECONDS.toMillis(ownStall);
    }

    private void open() throws IOException, InterruptedException {
        loop.submit(() -> {
                    started = System.nanoTime();
                    stepped = started;
                    loop.scheduleAtFixedRate(this::beat, STEP_MILLIS, STEP_MILLIS, TimeUnit.MILLISECONDS);
                })
                .sync();
        Semaphore opening = new Semaphore(OPENING_AT_ONCE);
        for (int i = 0; i < count; i++) {
            int number = i;
            Bootstrap bootstrap = transport
                    .client(transport.heartbeatLoops())
                    .clone(loop)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            Link link = new Link(channel, number);
                            links[number] = link;
                            channel.pipeline().addLast(link);
                        }
                    });
            opening.acquire();
            bootstrap
                    .connect(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                            new InetSocketAddress(address(2 + i / LINKS_PER_ADDRESS), 0))
                    .addListener(connected -> {
                        opening.release();
                        if (!connected.isSuccess()) {
                            System.err.println(connected.cause());
                        }
                    });
        }
        if (!welcomed.await(120, TimeUnit.SECONDS)) {
            throw new IOException(welcomed.getCount() + " links were not established");
        }
    }

    private static InetAddress address(int host) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, (byte) (host / 250), (byte) (host % 250)});
    }

    /** Sends the beats that are due: spread evenly over the interval, as those of many hosts are. */
    private void beat() {
        long now = System.nanoTime();
        ownStall = Math.max(ownStall, now - stepped - TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS));
        stepped = now;
        long due = (now - started) / 1000 * count / (intervalMillis * 1000L);
        for (; sentUpTo < due; sentUpTo++) {
            Link link = links[next];
            if (link != null && link.welcome) {
                link.beat();
            }
            next = (next + 1) % count;
        }
    }

    private final class Link extends ByteToMessageDecoder {
        private final Channel channel;
        private final int number;
        private boolean welcome;
        private long sent;
        private long heard;
        private long heardAt;

        Link(Channel channel, int number) {
            this.channel = channel;
            this.number = number;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            byte[] name = ("bench" + number).getBytes(StandardCharsets.UTF_8);
            int length = 4 + 4 + 2 + 16 + 8 + 2 + name.length + 2;
            ctx.writeAndFlush(Unpooled.buffer(1 + length)
                    .writeByte('H')
                    .writeInt(length)
                    .writeInt(0x434D4842)
                    .writeByte(1)
                    .writeByte(0)
                    .writeLong(42)
                    .writeLong(number)
                    .writeInt(intervalMillis)
                    .writeInt(3 * intervalMillis)
                    .writeShort(name.length)
                    .writeBytes(name)
                    .writeShort(0));
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (in.readableBytes() < 5 || in.readableBytes() < 1 + in.getInt(in.readerIndex() + 1)) {
                return;
            }
            int type = in.readByte();
            ByteBuf payload = in.readSlice(in.readInt() - 4);
            if (type == 'W') {
                welcome = true;
                welcomed.countDown();
            } else if (type == 'B') {
                heard = payload.readLong();
                payload.skipBytes(8);
                latest = Math.max(latest, payload.readInt());
                long now = System.nanoTime();
                if (heardAt != 0) {
                    longest = Math.max(longest, now - heardAt);
                    if (now - heardAt > TimeUnit.MILLISECONDS.toNanos(intervalMillis) * 3 / 2) {
                        missed++;
                    }
                }
                heardAt = now;
                beats++;
            } else if (type == 'G') {
                System.err.println("link " + number + ": " + payload.toString(StandardCharsets.UTF_8));
            }
        }

        void beat() {
            channel.writeAndFlush(channel.alloc()
                    .buffer(49)
                    .writeByte('B')
                    .writeInt(48)
                    .writeLong(++sent)
                    .writeLong(heard)
                    .writeInt(0)
                    .writeInt(0)
                    .writeLong(-1)
                    .writeLong(-1)
                    .writeInt(-1));
        }
    }
}
