package org.conmgr.console.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.setting.Reload;
import org.conmgr.console.internal.SettingsInForce.Setting;
import org.conmgr.listener.FirstPacket;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.Nullable;

/** A client and the console it talks to, in one embedded channel. */
final class Client {
    private static final int PACKET = 8;

    final List<Throwable> failures = new ArrayList<>();
    final EmbeddedChannel channel;
    final RecordingLog log = new RecordingLog();
    final ConsoleAdapter adapter;

    /** What the reloads that were asked for wait for. */
    final List<CompletableFuture<Reload.Outcome>> reloads = new ArrayList<>();

    /** What SHOW VERDICTS shows, newest first. */
    List<VerdictRecord> verdicts = List.of(FakeRegistry.DEAD);

    /** What SHOW CONFIG shows. */
    Supplier<List<Setting>> settings = () -> List.of(new Setting("org.conmgr.listener", "port", "27546"));

    private final ChannelHandler last = new ChannelInboundHandlerAdapter() {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failures.add(cause);
            ctx.close();
        }
    };

    Client() {
        this(NetUtil.LOCALHOST4);
    }

    Client(InetAddress from) {
        this(from, null);
    }

    /** @param access who may come in from elsewhere; null for nobody */
    Client(InetAddress from, @Nullable ConsoleAccess access) {
        adapter = adapter(access);
        channel = new EmbeddedChannel() {
            @Override
            protected SocketAddress remoteAddress0() {
                return new InetSocketAddress(from, 50_000);
            }
        };
    }

    private ConsoleAdapter adapter(@Nullable ConsoleAccess access) {
        ConsoleAdapter console = new ConsoleAdapter(
                new Views(
                        new FakeRegistry(),
                        () -> verdicts,
                        () -> null,
                        FakeRegistry.NOON,
                        InstantSource.fixed(FakeRegistry.NOON.plusSeconds(61))),
                () -> settings.get(),
                this::reload,
                "1.2.3");
        return access == null ? console : console.with(access, log);
    }

    private CompletableFuture<Reload.Outcome> reload() {
        reloads.add(new CompletableFuture<>());
        return reloads.get(reloads.size() - 1);
    }

    static FirstPacket.Startup startup(int version, Map<String, String> parameters) {
        return new FirstPacket.Startup(PACKET, version, parameters);
    }

    /** Connects as a plain 3.0 client; its greeting is read. */
    static Client connected() {
        Client client = new Client();
        client.connect(startup(0x0003_0000, Map.of("user", "u", "database", "conmgr")));
        client.told();
        return client;
    }

    /** @param behind what comes with the start-up packet */
    void connect(FirstPacket.Startup startup, byte... behind) {
        adapter.adopt(channel, startup, Unpooled.copiedBuffer(new byte[PACKET], behind));
        // As the listener keeps one there.
        channel.pipeline().addLast(last);
        channel.runPendingTasks();
    }

    void send(byte[]... messages) {
        channel.writeInbound(Unpooled.copiedBuffer(messages));
        channel.runPendingTasks();
    }

    /** The answer to a simple query. */
    List<String> query(String sql) {
        send(Messages.query(sql));
        return told();
    }

    /** What was answered since last time: each message's type and text, as in {@code C SHOW}. */
    List<String> told() {
        channel.runPendingTasks();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            all.writeBytes(bytes);
            bytes.release();
        }
        List<String> told = new ArrayList<>();
        while (all.isReadable()) {
            char type = (char) all.readByte();
            ByteBuf body = all.readSlice(all.readInt() - 4);
            told.add((type + " " + text(type, body)).strip());
        }
        return told;
    }

    private static String text(char type, ByteBuf body) {
        if (type == 'D') {
            List<String> values = new ArrayList<>();
            for (int left = body.readShort(); left > 0; left--) {
                int length = body.readInt();
                values.add(
                        length < 0
                                ? "NULL"
                                : body.readCharSequence(length, UTF_8).toString());
            }
            return String.join("|", values);
        }
        if (type == 'T') {
            List<String> columns = new ArrayList<>();
            for (int left = body.readShort(); left > 0; left--) {
                String name =
                        body.readCharSequence(body.bytesBefore((byte) 0), UTF_8).toString();
                body.skipBytes(1 + 4 + 2 + 4 + 2 + 4);
                columns.add(name + (body.readShort() == 0 ? "" : ":binary"));
            }
            return String.join("|", columns);
        }
        return body.toString(UTF_8).replace('\0', ' ');
    }
}
