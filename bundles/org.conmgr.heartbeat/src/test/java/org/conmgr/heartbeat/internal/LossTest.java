package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.heartbeat.internal.Frames.frame;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Network;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.Packet.Sessions;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a watchdog is told when a link ends, by peers that are plain sockets. */
@NullUnmarked
class LossTest {
    private static final InetSocketAddress SESSION = new InetSocketAddress(InetAddress.getLoopbackAddress(), 5001);

    private final NettyTransport transport = new NettyTransport();
    private final LinkSecurity security = new LinkSecurity();
    private final Watcher watcher = new Watcher();
    private final RecordingLog log = new RecordingLog();
    private final List<Socket> sockets = new ArrayList<>();
    private HeartbeatAcceptor.Endpoint endpoint;

    @BeforeEach
    void listen() throws IOException {
        endpoint = new NettyHeartbeatAcceptor(transport, new VerdictHistory(), security, log)
                .open("w", List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)), Admission.ANY, watcher);
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        endpoint.close(Departure.SHUTDOWN);
        transport.close();
        security.close();
    }

    private static Hello hello(UUID conmgr, String name) {
        return new Hello(1, 1, conmgr, 1000, 60_000, name, Map.of());
    }

    private Socket open(String from) throws IOException {
        Socket socket = new Socket(
                InetAddress.getLoopbackAddress(),
                endpoint.addresses().get(0).getPort(),
                InetAddress.getByName(from),
                0);
        sockets.add(socket);
        return socket;
    }

    /** A link that has registered these, when the watchdog knows of as many. */
    private Socket link(String from, UUID conmgr, int known, InetSocketAddress... registered) throws IOException {
        Socket socket = open(from);
        socket.getOutputStream().write(frame(hello(conmgr, "raw")));
        socket.getOutputStream().write(frame(new Sessions(Sessions.Change.ADD, List.of(registered))));
        Await.until("a link with " + known + " sessions", () -> endpoint.links().stream()
                .anyMatch(status ->
                        status.peer().address().getPort() == socket.getLocalPort() && status.sessions() == known));
        return socket;
    }

    private Loss left(Socket socket, Goodbye words) throws IOException {
        int before = watcher.losses.size();
        socket.getOutputStream().write(frame(words));
        Await.until("lost", () -> watcher.losses.size() > before);
        return watcher.losses.get(before);
    }

    private Loss lost(Socket socket) throws IOException {
        int before = watcher.losses.size();
        socket.close();
        Await.until("lost", () -> watcher.losses.size() > before);
        return watcher.losses.get(before);
    }

    @Test
    void aConmgrThatObjectsLives() throws IOException {
        Socket socket = link("127.0.0.1", new UUID(1, 1), 1, SESSION);
        Loss loss = left(socket, new Goodbye(Goodbye.Reason.UNAUTHENTICATED, "no proof"));
        assertThat(loss.verdict().reason()).isEqualTo(VerdictReason.UNAUTHENTICATED);
        assertThat(loss.verdict().evidence()).isEqualTo("no proof");
        assertThat(loss.awaited()).isFalse();
    }

    @Test
    void aConmgrThatWatchesTheInstanceNoMoreLivesAndHasItsTime() throws IOException {
        Socket socket = link("127.0.0.1", new UUID(1, 1), 1, SESSION);
        Loss loss = left(socket, new Goodbye(Goodbye.Reason.UNWATCHED, "configured otherwise"));
        assertThat(loss.verdict().reason()).isEqualTo(VerdictReason.SHUT_DOWN_BY_PEER);
        assertThat(loss.verdict().evidence()).isEqualTo("configured otherwise");
        assertThat(loss.sessions()).containsExactly(SESSION);
        assertThat(loss.awaited()).isTrue();
        assertThat(loss.hostAlive()).isTrue();
        assertThat(endpoint.beats(InetAddress.getLoopbackAddress())).isFalse();
    }

    /** As when the watchdog stood still, or only what it sent was lost on the way. */
    @Test
    void aConmgrThatGivesTheWatchdogUpLives() throws IOException {
        Socket socket = link("127.0.0.1", new UUID(1, 1), 1, SESSION);
        Loss loss = left(socket, new Goodbye(Goodbye.Reason.TIMED_OUT, "silent for 2.00 s"));
        assertThat(loss.verdict().reason()).isEqualTo(VerdictReason.CLOSED_BY_PEER);
        assertThat(loss.verdict().evidence()).isEqualTo("not heard by the peer: silent for 2.00 s");
        assertThat(loss.sessions()).containsExactly(SESSION);
        assertThat(loss.awaited()).isFalse();
        assertThat(loss.hostAlive()).isTrue();
        assertThat(endpoint.beats(InetAddress.getLoopbackAddress())).isFalse();
    }

    @Test
    void oneThatLeavesBeforeItIsALinkIsNotLost() throws IOException {
        open("127.0.0.1").getOutputStream().write(frame(new Goodbye(Goodbye.Reason.RESTART, "back soon")));
        Await.until("said", () -> log.texts(Message.LINK_REFUSED).stream()
                .anyMatch(text -> text.contains("it left: back soon")));
        assertThat(watcher.losses).isEmpty();
    }

    /** As when something between the two has reset the first link towards the conmgr alone. */
    @Test
    void anOldLinkThatEndsLateCostsNothing() throws IOException {
        UUID conmgr = new UUID(1, 1);
        Socket first = link("127.0.0.1", conmgr, 1, SESSION);
        Socket second = link("127.0.0.1", conmgr, 1, SESSION);
        Loss late = lost(first);
        assertThat(late.verdict().reason()).isEqualTo(VerdictReason.CLOSED_BY_PEER);
        assertThat(late.sessions()).isEmpty();
        assertThat(late.hostAlive()).isTrue();
        Await.until("one is left", () -> endpoint.links().size() == 1);
        Loss last = lost(second);
        assertThat(last.sessions()).containsExactly(SESSION);
        assertThat(last.hostAlive()).isFalse();
    }

    @Test
    void aConmgrThatIsBackFromAnotherAddressIsAlive() throws IOException {
        UUID conmgr = new UUID(1, 1);
        Socket first = link("127.0.0.2", conmgr, 0);
        link("127.0.0.3", conmgr, 0);
        assertThat(lost(first).hostAlive()).isTrue();
    }

    @Test
    void theNewestLinkOfAConmgrHasItsSessionsHoweverManyOlderOnesThereAre() throws IOException {
        UUID conmgr = new UUID(1, 1);
        Socket first = link("127.0.0.1", conmgr, 0);
        Loss loss = lost(link("127.0.0.1", conmgr, 1, SESSION));
        assertThat(loss.sessions()).containsExactly(SESSION);
        assertThat(loss.hostAlive()).isTrue();
        assertThat(lost(first).hostAlive()).isFalse();
    }

    /** It may have its own host's sessions ended, not those of others. */
    @Test
    void sessionsOfOtherHostsAreNotTaken() throws IOException {
        InetSocketAddress elsewhere = new InetSocketAddress(InetAddress.getByName("10.0.0.9"), 5000);
        InetSocketAddress sameHost =
                new InetSocketAddress(Network.parse("n", "::1").address(), 5002);
        Socket socket = link("127.0.0.1", new UUID(1, 1), 2, elsewhere, SESSION, sameHost);
        assertThat(lost(socket).sessions()).containsExactlyInAnyOrder(SESSION, sameHost);
    }

    @Test
    void aHostBeatsForAsLongAsItHasALinkByWhicheverOfItsAddresses() throws IOException {
        assertThat(beating()).isEmpty();
        endpoint.limit(2);
        Socket first = link("127.0.0.1", new UUID(1, 1), 0);
        Socket second = link("127.0.0.1", new UUID(2, 2), 0);
        assertThat(beating()).containsExactly("127.0.0.1", "::1", "::ffff:127.0.0.1");
        try (Socket third = open("127.0.0.2")) {
            third.getOutputStream().write(frame(hello(new UUID(3, 3), "one too many")));
            assertThat(third.getInputStream().readAllBytes()).isNotEmpty();
        }
        assertThat(beating()).containsExactly("127.0.0.1", "::1", "::ffff:127.0.0.1");
        assertThat(lost(second).hostAlive()).isTrue();
        assertThat(beating()).containsExactly("127.0.0.1", "::1", "::ffff:127.0.0.1");
        assertThat(lost(first).hostAlive()).isFalse();
        assertThat(beating()).isEmpty();
        link("127.0.0.2", new UUID(3, 3), 0);
        assertThat(beating()).containsExactly("127.0.0.2");
    }

    private List<String> beating() throws IOException {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 127, 0, 0, 1};
        Map<String, InetAddress> hosts = new TreeMap<>();
        for (String host : List.of("127.0.0.1", "127.0.0.2", "::1", "192.0.2.7")) {
            hosts.put(host, InetAddress.getByName(host));
        }
        hosts.put("::ffff:127.0.0.1", Inet6Address.getByAddress(null, mapped, -1));
        return hosts.entrySet().stream()
                .filter(host -> endpoint.beats(host.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    @Test
    void anotherConmgrOfTheHostHasSessionsOfItsOwn() throws IOException {
        Socket socket = link("127.0.0.1", new UUID(1, 1), 1, SESSION);
        link("127.0.0.1", new UUID(2, 2), 0);
        Loss loss = lost(socket);
        assertThat(loss.sessions()).containsExactly(SESSION);
        assertThat(loss.hostAlive()).isTrue();
    }

    @Test
    void aLinkStaysThatOfTheConmgrThatMadeIt() throws IOException {
        Socket socket = link("127.0.0.1", new UUID(1, 1), 1, SESSION);
        link("127.0.0.1", new UUID(2, 2), 0);
        socket.getOutputStream().write(frame(hello(new UUID(2, 2), "renamed")));
        Await.until("greeted again", () -> endpoint.links().stream()
                .anyMatch(status -> status.peer().name().equals("renamed")));
        assertThat(lost(socket).sessions()).containsExactly(SESSION);
    }
}
