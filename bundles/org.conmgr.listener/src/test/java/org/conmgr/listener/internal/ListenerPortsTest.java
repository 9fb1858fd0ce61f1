package org.conmgr.listener.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.Message;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.listener.AdapterPorts;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ports of adapters' own, and connections that come to the front door once more. */
class ListenerPortsTest {
    private static final byte[] SSL_REQUEST =
            ByteBuffer.allocate(8).putInt(8).putInt(80877103).array();
    private static final byte[] CANCEL =
            ByteBuffer.allocate(16).putInt(16).putInt(80877102).putLong(7).array();

    private final NettyTransport transport = new NettyTransport();
    private final Negotiator elsewhere = new Negotiator();
    private final Reception reception = new Reception(List.of(elsewhere), null);
    private final RecordingLog log = new RecordingLog();
    private final ListenerPorts ports = new ListenerPorts(transport, reception, log);

    @AfterEach
    void stop() {
        ports.close();
        transport.close();
    }

    /** Answers an SSLRequest with N and has the next packet read; closes on anything else. */
    private static final class Negotiator implements ApplicationAdapter {
        private final List<Class<?>> adopted = new CopyOnWriteArrayList<>();

        @Override
        public boolean accepts(FirstPacket packet) {
            return true;
        }

        @Override
        public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
            adopted.add(packet.getClass());
            if (packet instanceof FirstPacket.SslRequest) {
                channel.writeAndFlush(Unpooled.copiedBuffer(new byte[] {'N'}));
                new ChannelFrontDoor().next(channel, received.skipBytes(packet.length()));
            } else {
                received.release();
                channel.close();
            }
        }
    }

    @Test
    void itsAdapterAloneGetsEveryPacket() throws Exception {
        Negotiator own = new Negotiator();
        int port = FreePort.next();
        AdapterPorts.Port opened = ports.open("127.0.0.1", String.valueOf(port), own);
        Await.until("listening", () -> opened.addresses().equals(List.of("127.0.0.1:" + port)));
        try (Socket socket = new Socket(NetUtil.LOCALHOST4, port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(SSL_REQUEST);
            assertThat(socket.getInputStream().read()).isEqualTo('N');
            assertThat(reception.status(List.of(), 0).open()).isOne();
            socket.getOutputStream().write(CANCEL, 0, 5);
            socket.getOutputStream().write(CANCEL, 5, 11);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        try (Socket hasty = new Socket(NetUtil.LOCALHOST4, port)) {
            hasty.setSoTimeout(10_000);
            hasty.getOutputStream()
                    .write(ByteBuffer.allocate(24).put(SSL_REQUEST).put(CANCEL).array());
            assertThat(hasty.getInputStream().readAllBytes()).containsExactly('N');
        }
        assertThat(own.adopted)
                .containsExactly(
                        FirstPacket.SslRequest.class,
                        FirstPacket.Cancel.class,
                        FirstPacket.SslRequest.class,
                        FirstPacket.Cancel.class);
        assertThat(elsewhere.adopted).isEmpty();

        opened.close();
        assertClosed(port);
        Await.until("nobody is left", () -> reception.status(List.of(), 0).open() == 0);
    }

    private static void cancel(int port) throws Exception {
        try (Socket socket = new Socket(NetUtil.LOCALHOST4, port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(CANCEL);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void anotherAdapterOrAddressIsForConnectionsToCome() throws Exception {
        Negotiator first = new Negotiator();
        Negotiator second = new Negotiator();
        int port = FreePort.next();
        AdapterPorts.Port opened = ports.open("127.0.0.1", String.valueOf(port), first);
        Await.until("listening", () -> opened.addresses().equals(List.of("127.0.0.1:" + port)));
        try (Socket before = new Socket(NetUtil.LOCALHOST4, port)) {
            before.setSoTimeout(10_000);
            before.getOutputStream().write(SSL_REQUEST);
            assertThat(before.getInputStream().read()).isEqualTo('N');

            opened.change("127.0.0.1", String.valueOf(port), second);
            cancel(port);
            assertThat(second.adopted).hasSize(1);
            assertThatThrownBy(() -> opened.change("here", String.valueOf(port), first))
                    .isInstanceOf(InvalidSetting.class);
            assertThatThrownBy(() -> opened.change("127.0.0.2", "70000", first)).isInstanceOf(InvalidSetting.class);
            cancel(port);
            assertThat(second.adopted).as("nothing has changed").hasSize(2);
            assertThat(log.messages(Message.STOPPED_LISTENING)).isEmpty();

            // It overlaps the one that goes.
            opened.change("127.0.0.1, 127.0.0.2", String.valueOf(port), second);
            Await.until("listening on both", () -> opened.addresses().size() == 2);
            int other = FreePort.next();
            opened.change("*", String.valueOf(other), second);
            Await.until("elsewhere", () -> !opened.addresses().isEmpty());
            cancel(other);
            assertClosed(port);
            assertThat(log.messages(Message.CANNOT_LISTEN)).isEmpty();

            before.getOutputStream().write(CANCEL);
            assertThat(before.getInputStream().read()).isEqualTo(-1);
            assertThat(first.adopted).containsExactly(FirstPacket.SslRequest.class, FirstPacket.Cancel.class);

            opened.close();
            opened.change("127.0.0.1", String.valueOf(other), second);
            assertThat(opened.addresses()).as("once closed").isEmpty();
        }
    }

    private static void assertClosed(int port) {
        Await.passes("port " + port + " is closed", () -> assertThatThrownBy(
                        () -> new Socket(NetUtil.LOCALHOST4, port).close())
                .isInstanceOf(ConnectException.class));
    }

    private AdapterPorts.Port openAt(int port, ApplicationAdapter adapter) {
        AdapterPorts.Port opened = ports.open("127.0.0.1", String.valueOf(port), adapter);
        Await.until("listening", () -> opened.addresses().equals(List.of("127.0.0.1:" + port)));
        return opened;
    }

    @Test
    void aTakenPortLeavesTheOldOneOpenUntilItIsFree() throws Exception {
        Negotiator first = new Negotiator();
        Negotiator second = new Negotiator();
        int old = FreePort.next();
        AdapterPorts.Port opened = openAt(old, first);
        int taken = FreePort.next();
        try (ServerSocket other = new ServerSocket(taken, 1, NetUtil.LOCALHOST4)) {
            assertThat(other.isBound()).isTrue();
            opened.change("127.0.0.1", String.valueOf(taken), first);
            cancel(old);
            assertThat(first.adopted).hasSize(1);
            assertThat(opened.addresses()).containsExactly("127.0.0.1:" + old);
            assertThat(log.texts(Message.STILL_LISTENING))
                    .singleElement()
                    .asString()
                    .contains("on 127.0.0.1:" + old + ", because", "where it should: 127.0.0.1:" + taken);

            opened.change("127.0.0.1", String.valueOf(taken), second);
            cancel(old);
            assertThat(second.adopted).as("connections to come").hasSize(1);
            assertThat(log.messages(Message.STOPPED_LISTENING)).isEmpty();
        }
        Await.until("it has changed over", () -> opened.addresses().equals(List.of("127.0.0.1:" + taken)));
        cancel(taken);
        assertThat(second.adopted).hasSize(2);
        assertClosed(old);
        Await.passes("it is said", () -> assertThat(log.texts(Message.STOPPED_LISTENING))
                .containsExactly("no longer listening for applications on 127.0.0.1:" + old));
    }

    @Test
    void aPortThatIsRemovedIsClosedWhereItWasAndWhereItIsToBe() throws Exception {
        int old = FreePort.next();
        int half = FreePort.next();
        AdapterPorts.Port opened = openAt(old, elsewhere);
        try (ServerSocket other = new ServerSocket(half, 1, InetAddress.getByName("127.0.0.2"))) {
            opened.change("127.0.0.1, 127.0.0.2", String.valueOf(other.getLocalPort()), elsewhere);
            Await.until("listening at both", () -> opened.addresses().size() == 2);
            cancel(old);
            cancel(half);
            opened.close();
            assertThat(opened.addresses()).isEmpty();
            assertClosed(old);
            assertClosed(half);
        }
        assertThat(log.messages(Message.STOPPED_LISTENING)).hasSize(2);
    }

    @Test
    void twoPortsAreExchanged() throws Exception {
        Negotiator first = new Negotiator();
        Negotiator second = new Negotiator();
        int one = FreePort.next();
        int two = FreePort.next();
        AdapterPorts.Port ofFirst = openAt(one, first);
        AdapterPorts.Port ofSecond = openAt(two, second);

        ofFirst.change("127.0.0.1", String.valueOf(two), first);
        assertThat(ofFirst.addresses()).as("still").containsExactly("127.0.0.1:" + one);
        ofSecond.change("127.0.0.1", String.valueOf(one), second);
        Await.until(
                "exchanged",
                () -> ofFirst.addresses().equals(List.of("127.0.0.1:" + two))
                        && ofSecond.addresses().equals(List.of("127.0.0.1:" + one)));
        cancel(two);
        assertThat(first.adopted).hasSize(1);
        cancel(one);
        assertThat(second.adopted).hasSize(1);
    }

    @Test
    void theListenersPortIsExchangedForOne() throws Exception {
        Negotiator own = new Negotiator();
        int one = FreePort.next();
        int two = FreePort.next();
        try (Listener listener = new Listener(transport, reception, log, Optional.of(settings(one)))) {
            AdapterPorts.Port opened = openAt(two, own);
            listener.apply(settings(two));
            assertThat(listener.status().addresses()).as("still").containsExactly("127.0.0.1:" + one);
            opened.change("127.0.0.1", String.valueOf(one), own);
            Await.until(
                    "exchanged",
                    () -> opened.addresses().equals(List.of("127.0.0.1:" + one))
                            && listener.status().addresses().equals(List.of("127.0.0.1:" + two)));
            cancel(one);
            assertThat(own.adopted).hasSize(1);
            cancel(two);
            assertThat(elsewhere.adopted).hasSize(1);
        }
    }

    private static ListenerSettings settings(int port) {
        return new ListenerSettings(Set.of(new InetSocketAddress(NetUtil.LOCALHOST4, port)), 0, Duration.ofMinutes(1));
    }

    @Test
    void anAddressThatOnlyStaysIsLeftToAPortThatComes() throws Exception {
        Negotiator leaving = new Negotiator();
        Negotiator coming = new Negotiator();
        int port = FreePort.next();
        AdapterPorts.Port ofLeaving = openAt(port, leaving);
        try (ServerSocket other = new ServerSocket(FreePort.next(), 1, NetUtil.LOCALHOST4)) {
            ofLeaving.change("127.0.0.1", String.valueOf(other.getLocalPort()), leaving);
            assertThat(ofLeaving.addresses()).as("still").containsExactly("127.0.0.1:" + port);
            openAt(port, coming);
            cancel(port);
            assertThat(coming.adopted).hasSize(1);
            assertThat(ofLeaving.addresses()).isEmpty();
        }
        Await.until("the other has moved", () -> ofLeaving.addresses().size() == 1);
    }

    @Test
    void anAddressThatOnlyStaysIsLeftToThePortThatWaitsForIt() throws Exception {
        Negotiator leaving = new Negotiator();
        Negotiator waiting = new Negotiator();
        int port = FreePort.next();
        AdapterPorts.Port ofLeaving = openAt(port, leaving);
        AdapterPorts.Port ofWaiting = ports.open("*", String.valueOf(port), waiting);
        assertThat(ofWaiting.addresses()).isEmpty();
        try (ServerSocket other = new ServerSocket(FreePort.next(), 1, NetUtil.LOCALHOST4)) {
            ofLeaving.change("127.0.0.1", String.valueOf(other.getLocalPort()), leaving);
            Await.until("it is there", () -> ofWaiting.addresses().equals(List.of("*:" + port)));
            cancel(port);
            assertThat(waiting.adopted).hasSize(1);
            assertThat(ofLeaving.addresses()).isEmpty();
        }
        Await.until("the other has moved", () -> ofLeaving.addresses().size() == 1);
        assertThat(log.messages(Message.STILL_LISTENING)).isEmpty();
    }

    @Test
    void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> ports.open("here", "1", elsewhere))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("listen_addresses: here");
        assertThatThrownBy(() -> ports.open("localhost", "", elsewhere))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("port:");
    }
}
