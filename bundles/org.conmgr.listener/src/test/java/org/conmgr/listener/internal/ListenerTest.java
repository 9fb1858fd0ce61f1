package org.conmgr.listener.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.NetUtil;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.Message;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.FreePort;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@ValueSource(booleans = {true, false})
class ListenerTest {
    private static final int DEADLINE_MS = 10_000;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final RecordingLog log = new RecordingLog();
    private final List<ApplicationAdapter> adapters = new CopyOnWriteArrayList<>();
    private final Reception reception = new Reception(adapters, log);
    private final List<Socket> clients = new ArrayList<>();
    private final NettyTransport transport;
    private final Listener listener;

    ListenerTest(boolean epoll) {
        transport = new NettyTransport(epoll);
        listener = new Listener(transport, reception, log, Optional.empty());
    }

    @AfterEach
    void close() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        listener.close();
        reception.close();
        transport.close();
    }

    @Test
    void handsAConnectionToItsAdapter() throws IOException {
        adapters.add(new Echo("one"));
        listen(0, MINUTE);

        Socket client = connect();
        assertThat(say(client, Packets.startup())).isEqualTo("one");
        assertThat(say(client, Packets.hex("00"))).isEqualTo("one");
        assertThat(listener.status().addresses()).containsExactly(NetUtil.toSocketAddressString(address()));
        assertThat(listener.status().open()).isOne();
        client.close();
        Await.until("nothing is open", () -> listener.status().open() == 0);
    }

    @Test
    void tellsAnSqlClientWhatThisPortIsAndEndsInGoodOrder() throws IOException {
        listen(0, MINUTE);
        Socket client = connect();
        send(client, Packets.hex(Packets.SSL_REQUEST));
        assertThat(client.getInputStream().read()).isEqualTo('N');
        // Bytes nobody reads: a plain close would send RST and lose the message.
        send(client, Packets.join(Packets.startup(), Packets.startup()));

        DataInputStream in = new DataInputStream(client.getInputStream());
        assertThat(in.readByte()).isEqualTo((byte) 'E');
        in.readInt();
        assertThat(new String(in.readAllBytes(), UTF_8))
                .contains("SFATAL\0", "C57P03\0", "Mthis port belongs to conmgr", "jdbc:conmgr:");
    }

    @Test
    void fiveHundredSilentAndSlowPeersHarmNobody() throws IOException {
        adapters.add(new Echo("served"));
        listen(0, MINUTE);
        for (int i = 0; i < 250; i++) {
            connect();
            send(connect(), Packets.hex("00"));
        }
        Await.until("500 are open", () -> listener.status().open() == 500);

        assertThat(say(connect(), Packets.startup())).isEqualTo("served");
    }

    @Test
    void silentAndSlowPeersAreClosedInTime() throws IOException {
        listen(0, Duration.ofMillis(200));
        Socket silent = connect();
        Socket slow = connect();
        send(slow, Packets.hex("0000"));

        assertClosed(silent);
        assertClosed(slow);
        assertThat(listener.status().timedOut()).isEqualTo(2);
    }

    @Test
    void closesOneConnectionTooMany() throws IOException {
        adapters.add(new Echo("in"));
        listen(1, MINUTE);
        Socket first = connect();
        assertThat(say(first, Packets.startup())).isEqualTo("in");

        assertClosed(connect());
        assertThat(say(first, Packets.hex("00"))).isEqualTo("in");
        first.close();
        Await.until("the first is gone", () -> listener.status().open() == 0);
        assertThat(say(connect(), Packets.startup())).isEqualTo("in");
        assertThat(log.messages(Message.TOO_MANY_CONNECTIONS)).hasSize(1);
    }

    @Test
    void anotherPortClosesNoConnection() throws IOException {
        adapters.add(new Echo("still here"));
        int oldPort = FreePort.next();
        listener.apply(settings(oldPort, 0));
        await();
        Socket adopted = connect(oldPort);
        say(adopted, Packets.startup());
        Socket expected = connect(oldPort);
        Await.until("both are open", () -> listener.status().open() == 2);

        int newPort = FreePort.next();
        listener.apply(settings(newPort, 3));
        await();

        // With nio a moment later: a closed socket listens until its loop looks again.
        Await.passes("the old port is closed", () -> assertThatThrownBy(() -> connect(oldPort))
                .isInstanceOf(ConnectException.class));
        assertThat(say(connect(newPort), Packets.startup())).isEqualTo("still here");
        assertThat(say(adopted, Packets.hex("00"))).isEqualTo("still here");
        assertThat(say(expected, Packets.startup())).isEqualTo("still here");
        assertClosed(connect(newPort));
        assertThat(log.texts(Message.LISTENING)).hasSize(2);
        assertThat(log.texts(Message.STOPPED_LISTENING))
                .containsExactly("no longer listening for applications on 127.0.0.1:" + oldPort);
    }

    @Test
    void goesOnListeningWhereItDidUntilItListensWhereItShould() throws IOException {
        adapters.add(new Echo("here"));
        int oldPort = FreePort.next();
        int newPort = FreePort.next();
        listener.apply(settings(oldPort, 0));
        try (ServerSocket other = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
            int taken = other.getLocalPort();
            listener.apply(new ListenerSettings(
                    Set.of(
                            new InetSocketAddress(NetUtil.LOCALHOST4, taken),
                            new InetSocketAddress(NetUtil.LOCALHOST4, newPort)),
                    0,
                    MINUTE));
            assertThat(say(connect(oldPort), Packets.startup())).isEqualTo("here");
            assertThat(say(connect(newPort), Packets.startup())).isEqualTo("here");
            assertThat(listener.status().addresses())
                    .containsExactlyInAnyOrder("127.0.0.1:" + oldPort, "127.0.0.1:" + newPort);
            assertThat(listener.missing())
                    .singleElement()
                    .asString()
                    .startsWith("127.0.0.1:" + taken + ": ")
                    .contains("Address already in use");
            assertThat(log.texts(Message.STILL_LISTENING))
                    .singleElement()
                    .asString()
                    .contains("on 127.0.0.1:" + oldPort + ", because", "where it should: 127.0.0.1:" + taken);
            assertThat(log.texts(Message.STOPPED_LISTENING)).isEmpty();
        }
        Await.until("it has changed over", () -> !log.texts(Message.STOPPED_LISTENING)
                .isEmpty());
        Await.until(
                "the old port is closed", () -> listener.status().addresses().size() == 2);
        assertThat(listener.missing()).isEmpty();
        assertThat(listener.status().addresses()).doesNotContain("127.0.0.1:" + oldPort);
        assertThat(log.texts(Message.STOPPED_LISTENING))
                .containsExactly("no longer listening for applications on 127.0.0.1:" + oldPort);
    }

    @Test
    void goingBackToThePortThatIsStillThereOpensNothing() throws IOException {
        int port = FreePort.next();
        listener.apply(settings(port, 0));
        try (ServerSocket other = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
            listener.apply(settings(other.getLocalPort(), 0));
            listener.apply(settings(port, 0));
            assertThat(listener.missing()).isEmpty();
            assertThat(listener.status().addresses()).containsExactly("127.0.0.1:" + port);
        }
        assertThat(log.messages(Message.LISTENING)).hasSize(1);
        assertThat(log.messages(Message.STOPPED_LISTENING)).isEmpty();
    }

    @Test
    void anotherLimitKeepsTheServerSocket() {
        listen(0, MINUTE);
        Await.until("it says so", () -> log.messages().size() == 1);
        InetSocketAddress before = address();
        listener.apply(settings(0, 7));

        assertThat(address()).isEqualTo(before);
        assertThat(listener.status().maxConnections()).isEqualTo(7);
        assertThat(log.messages()).hasSize(1);
    }

    @Test
    void oneAddressMoreOfTheSamePort() throws IOException {
        adapters.add(new Echo("here"));
        int port = FreePort.next();
        listener.apply(settings(port, 0));
        await();
        listener.apply(new ListenerSettings(Set.of(new InetSocketAddress(port)), 0, MINUTE));
        await();

        assertThat(say(connect(port), Packets.startup())).isEqualTo("here");
        if (NetworkInterface.getByInetAddress(NetUtil.LOCALHOST6) != null) {
            assertThat(say(connect(new InetSocketAddress(NetUtil.LOCALHOST6, port)), Packets.startup()))
                    .isEqualTo("here");
        }
        assertThat(log.messages(Message.CANNOT_LISTEN)).isEmpty();
    }

    @Test
    void waitsForAPortInUseAndSaysItOnce() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
            listener.apply(settings(other.getLocalPort(), 0));
            Await.until("said", () -> !log.messages().isEmpty());
            assertThat(log.texts(Message.CANNOT_LISTEN))
                    .singleElement()
                    .asString()
                    .startsWith("cannot listen for applications on 127.0.0.1:" + other.getLocalPort() + ": ")
                    .contains("Address already in use");
            assertThat(listener.status().addresses()).isEmpty();
        }
        Await.until("listening", () -> !listener.addresses().isEmpty());

        connect();
        assertThat(log.messages(Message.CANNOT_LISTEN)).hasSize(1);
        assertThat(log.messages(Message.LISTENING)).hasSize(1);
    }

    @Test
    void givesUpAPortInUseWhenToldAnother() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
            listener.apply(settings(other.getLocalPort(), 0));
            Await.until("said", () -> !log.messages().isEmpty());
            listen(0, MINUTE);
            assertThat(address().getPort()).isNotEqualTo(other.getLocalPort());
        }
        assertThat(log.messages(Message.STOPPED_LISTENING)).isEmpty();
    }

    @Test
    void aBadSettingLeavesWhatIsInForce() {
        Map<String, String> bad = Map.of("port", "0");
        Listener configured = new Listener(transport, reception, log, Configs.of(ListenerConfig.class, bad));
        assertThat(configured.addresses()).isEmpty();
        assertThat(configured.status().addresses()).isEmpty();
        assertThat(log.texts(Message.INVALID_SETTING))
                .containsExactly("org.conmgr.listener: port: 0 (expected: an integer from 1 to 65535)");

        configured.modified(config(Map.of("max_connections", "5")));
        Await.until("listening", () -> configured.addresses().size() == 1);
        configured.modified(config(Map.of("max_connections", "-5")));

        assertThat(configured.status().maxConnections()).isEqualTo(5);
        assertThat(configured.addresses()).hasSize(1);
        assertThat(log.messages(Message.INVALID_SETTING)).hasSize(2);
        configured.close();
        assertThat(configured.addresses()).isEmpty();
        configured.close();
    }

    private ListenerConfig config(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("listen_addresses", "127.0.0.1");
        all.put("port", String.valueOf(FreePort.next()));
        return Configs.of(ListenerConfig.class, all);
    }

    @Test
    void aNewAdapterGetsNewConnectionsAndTheOldKeepsItsOwn() throws IOException {
        Echo old = new Echo("old");
        adapters.add(old);
        listen(0, MINUTE);
        Socket before = connect();
        say(before, Packets.startup());

        adapters.add(new Echo("new"));
        adapters.remove(old);

        assertThat(say(connect(), Packets.startup())).isEqualTo("new");
        assertThat(say(before, Packets.hex("00"))).isEqualTo("old");
    }

    private void listen(int maxConnections, Duration timeout) {
        listener.apply(
                new ListenerSettings(Set.of(new InetSocketAddress(NetUtil.LOCALHOST4, 0)), maxConnections, timeout));
        await();
    }

    private void await() {
        Await.until("listening", () -> listener.addresses().size() == 1);
    }

    private static ListenerSettings settings(int port, int maxConnections) {
        return new ListenerSettings(Set.of(new InetSocketAddress(NetUtil.LOCALHOST4, port)), maxConnections, MINUTE);
    }

    private InetSocketAddress address() {
        return (InetSocketAddress) listener.addresses().get(0);
    }

    private Socket connect() throws IOException {
        return connect(address());
    }

    private Socket connect(int port) throws IOException {
        return connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private Socket connect(InetSocketAddress address) throws IOException {
        Socket client = new Socket();
        clients.add(client);
        client.setSoTimeout(DEADLINE_MS);
        client.connect(address, DEADLINE_MS);
        return client;
    }

    private static void send(Socket client, ByteBuf bytes) throws IOException {
        client.getOutputStream().write(ByteBufUtil.getBytes(bytes));
    }

    private static String say(Socket client, ByteBuf bytes) throws IOException {
        send(client, bytes);
        return new DataInputStream(client.getInputStream()).readUTF();
    }

    private static void assertClosed(Socket client) throws IOException {
        try {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    /** Answers everything with its name. */
    private record Echo(String name) implements ApplicationAdapter {
        @Override
        public boolean accepts(FirstPacket packet) {
            return packet instanceof FirstPacket.Startup;
        }

        @Override
        public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
            channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ((ByteBuf) message).release();
                    byte[] text = name.getBytes(UTF_8);
                    ctx.writeAndFlush(
                            ctx.alloc().buffer().writeShort(text.length).writeBytes(text));
                }
            });
            channel.pipeline().fireChannelRead(received);
        }
    }
}
