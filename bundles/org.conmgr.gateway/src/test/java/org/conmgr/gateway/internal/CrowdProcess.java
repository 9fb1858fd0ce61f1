package org.conmgr.gateway.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;

/**
 * An instance that answers a start-up and a Sync as PostgreSQL does, and a crowd of clients that say nothing else. On
 * its input a command a line: {@code open PORT COUNT} connects clients, {@code sync} has every one ask once, {@code
 * state} tells. Each is answered by {@code READY ANSWERS TOLD ENDED}: how many clients were ever ready for a query, how
 * many answers there were to a Sync, how many clients were told 57P01, how many were closed.
 */
final class CrowdProcess {
    /** Clients that are connecting at a time: what a listener's backlog takes. */
    private static final int AT_ONCE = 200;

    private static final byte[] SYNC = {'S', 0, 0, 0, 4};
    private static final byte[] READY_FOR_QUERY = {'Z', 0, 0, 0, 5, 'I'};
    private static final byte[] STARTUP = RawClient.startup(0, "user", "idle", "application_name", "idle");

    private final AtomicInteger pids = new AtomicInteger();
    private final AtomicInteger ready = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger told = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final Semaphore connecting = new Semaphore(AT_ONCE);
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    private CrowdProcess() {}

    public static void main(String[] arguments) throws Exception {
        CrowdProcess crowd = new CrowdProcess();
        try (NettyTransport transport = new NettyTransport()) {
            Channel instance = crowd.listen(transport);
            System.out.println(((InetSocketAddress) instance.localAddress()).getPort());
            crowd.serve(transport);
        }
    }

    private Channel listen(Transport transport) throws InterruptedException {
        return transport
                .server(transport.applicationLoops())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Messages(false), new Backend());
                    }
                })
                .bind(new InetSocketAddress(NetUtil.LOCALHOST4, 0))
                .sync()
                .channel();
    }

    private void serve(Transport transport) throws IOException, InterruptedException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "open" -> open(transport, Integer.parseInt(words[1]), Integer.parseInt(words[2]));
                case "sync" ->
                    clients.forEach(client ->
                            client.writeAndFlush(client.alloc().buffer().writeBytes(SYNC)));
                default -> {}
            }
            System.out.println(ready + " " + answers + " " + told + " " + ended);
        }
    }

    private void open(Transport transport, int port, int count) throws InterruptedException {
        Bootstrap bootstrap = transport
                .client(transport.applicationLoops())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 20_000)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Messages(true), new Client());
                    }
                });
        for (int i = 0; i < count; i++) {
            connecting.acquire();
            bootstrap.connect(NetUtil.LOCALHOST4, port).addListener(done -> {
                if (!done.isSuccess()) {
                    System.err.println("a client does not connect: " + done.cause());
                    connecting.release();
                }
            });
        }
        connecting.acquire(AT_ONCE);
        connecting.release(AT_ONCE);
    }

    /** Cuts the stream into messages. */
    private static final class Messages extends ByteToMessageDecoder {
        private boolean typed;

        /** @param typed whether the first message begins with its type, as all others do */
        private Messages(boolean typed) {
            this.typed = typed;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            int before = typed ? 1 : 0;
            if (in.readableBytes() >= before + Integer.BYTES) {
                int length = before + in.getInt(in.readerIndex() + before);
                if (in.readableBytes() >= length) {
                    out.add(in.readRetainedSlice(length));
                    typed = true;
                }
            }
        }
    }

    private final class Backend extends ChannelInboundHandlerAdapter {
        private boolean started;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ((ByteBuf) message).release();
            ByteBuf answer = ctx.alloc().buffer();
            if (!started) {
                started = true;
                answer.writeByte('R').writeInt(8).writeInt(0);
                byte[] key =
                        ByteBuffer.allocate(8).putInt(pids.incrementAndGet()).array();
                answer.writeByte('K').writeInt(12).writeBytes(key);
            }
            ctx.writeAndFlush(answer.writeBytes(READY_FOR_QUERY));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    private final class Client extends ChannelInboundHandlerAdapter {
        private boolean started;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            clients.add(ctx.channel());
            ctx.writeAndFlush(ctx.alloc().buffer().writeBytes(STARTUP));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            int type = bytes.getByte(bytes.readerIndex());
            if (type == 'E' && bytes.toString(UTF_8).contains("57P01")) {
                told.incrementAndGet();
            } else if (type == 'Z' && started) {
                answers.incrementAndGet();
            } else if (type == 'Z') {
                started = true;
                ready.incrementAndGet();
                connecting.release();
            }
            bytes.release();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (started) {
                ended.incrementAndGet();
            } else {
                System.err.println("a client is closed before it is ready");
                connecting.release();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            System.err.println("a client fails: " + cause);
            ctx.close();
        }
    }
}
