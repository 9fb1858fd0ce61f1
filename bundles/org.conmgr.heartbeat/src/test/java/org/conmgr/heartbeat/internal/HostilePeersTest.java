package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.heartbeat.internal.Frames.frame;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.heartbeat.internal.security.Settings;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hostile peers over real sockets, beside honest links. */
@NullUnmarked
class HostilePeersTest {
    private static final int HONEST = 100;
    private static final int HALF_OPEN = 1000;
    private static final LinkSettings SETTINGS = new LinkSettings(
            Duration.ofMillis(200),
            Duration.ofSeconds(3),
            Duration.ofMillis(100),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            "honest",
            null);

    @TempDir
    Path directory;

    private final NettyTransport transport = new NettyTransport();
    private final NettyTransport clients = new NettyTransport();
    private final RecordingLog log = new RecordingLog();
    private final Watcher watcher = new Watcher();
    private final ThreadPerNameResolver resolver = new ThreadPerNameResolver();
    private final List<NettyConmgrLink> links = new ArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private LinkSecurity security;
    private HeartbeatAcceptor.Endpoint endpoint;

    @BeforeEach
    void listen() throws IOException {
        Path secret = Files.createFile(
                directory.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, "the secret of honest people");
        security = LinkSecurity.of(
                Settings.tls(log, Map.of()), Settings.auth(log, Map.of("secret_file", secret.toString())));
        endpoint = new NettyHeartbeatAcceptor(transport, new VerdictHistory(), security, log)
                .open("w", List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)), Admission.ANY, watcher);
        endpoint.publish(new Identity(7, 170004), new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1), "");
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        links.forEach(link -> link.stop(Packet.Goodbye.Reason.SHUTDOWN, "over"));
        endpoint.close(Departure.SHUTDOWN);
        resolver.close();
        security.close();
        clients.close();
        transport.close();
    }

    private int port() {
        return endpoint.addresses().get(0).getPort();
    }

    private Socket open(String from) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(), InetAddress.getByName(from), 0);
        socket.setSoTimeout(20_000);
        sockets.add(socket);
        return socket;
    }

    private static byte[] read(DataInputStream in, char type) throws IOException {
        assertThat((char) in.readUnsignedByte()).isEqualTo(type);
        return in.readNBytes(in.readInt() - 4);
    }

    @Test
    void aRecordedHandshakeIsWorthNothing() throws IOException {
        String nonce = SharedSecret.nonce();
        Hello hello = new Hello(1, 1, new UUID(1, 1), 200, 60_000, "recorded", Map.of(Hello.NONCE, nonce));
        byte[] recordedProof;
        try (Socket honest = open("127.0.0.2")) {
            honest.getOutputStream().write(frame(hello));
            DataInputStream in = new DataInputStream(honest.getInputStream());
            Terms terms = new Terms(null, security.now().secret(), true, "", nonce);
            SharedSecret.Transcript transcript =
                    terms.transcript(hello, nonce, HexFormat.of().formatHex(read(in, 'C')));
            recordedProof =
                    frame(new Packet.Proof(security.now().secret().prove(SharedSecret.Role.CONMGR, transcript)));
            honest.getOutputStream().write(recordedProof);
            assertThat(security.now()
                            .secret()
                            .verifies(
                                    SharedSecret.Role.WATCHDOG,
                                    transcript,
                                    HexFormat.of().formatHex(read(in, 'P'))))
                    .isTrue();
            read(in, 'W');
        }
        Await.until("it was a link", () -> watcher.losses.size() == 1);
        try (Socket replaying = open("127.0.0.2")) {
            replaying.getOutputStream().write(frame(hello));
            replaying.getOutputStream().write(recordedProof);
            assertThat(new String(replaying.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("does not have the watchdog's shared secret");
        }
        assertThat(watcher.events).hasSize(1);
    }

    @Test
    void aStrangersFramesAreSmall() throws IOException {
        try (Socket stranger = open("127.0.0.2")) {
            stranger.getOutputStream().write(new byte[] {'H', 0, 0, 0x20, 0});
            assertThat(new String(stranger.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("a frame of length 8192 (expected: 4 to 2048)");
        }
    }

    @Test
    void aThousandHalfOpenConnectionsCostNoHonestLinkABeat() throws Exception {
        Books books = new Books();
        for (int i = 0; i < HONEST; i++) {
            NettyConmgrLink link = new NettyConmgrLink(
                    new ConfiguredInstance(i, "localhost", InetAddress.getLoopbackAddress(), 1, port()),
                    SETTINGS,
                    UUID.randomUUID(),
                    clients,
                    resolver,
                    books,
                    new VerdictHistory(),
                    security,
                    log);
            links.add(link);
            link.start();
        }
        Await.until(
                "all links are up",
                Duration.ofSeconds(30),
                () -> endpoint.links().size() == HONEST);

        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger opened = new AtomicInteger();
        List<Thread> attackers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            String from = "127.0.9." + (i + 1);
            Thread attacker = new Thread(() -> attack(from, over, opened), "attacker-" + i);
            attacker.setDaemon(true);
            attacker.start();
            attackers.add(attacker);
        }
        Await.until("the attack is under way", Duration.ofSeconds(60), () -> opened.get() >= HALF_OPEN);
        long[] beats =
                endpoint.links().stream().mapToLong(link -> link.lastBeat()).toArray();
        Await.until("everybody beats on", Duration.ofSeconds(30), () -> endpoint.links().stream()
                .allMatch(link -> link.lastBeat() >= 15));
        // Newcomers get through, too.
        Books late = new Books();
        NettyConmgrLink newcomer = new NettyConmgrLink(
                new ConfiguredInstance(0, "localhost", InetAddress.getLoopbackAddress(), 1, port()),
                SETTINGS,
                UUID.randomUUID(),
                clients,
                resolver,
                late,
                new VerdictHistory(),
                security,
                log);
        links.add(newcomer);
        newcomer.start();
        Await.passes("a newcomer gets its link", Duration.ofSeconds(30), () -> assertThat(late.last())
                .startsWith("up"));
        over.set(true);
        for (Thread attacker : attackers) {
            attacker.join(10_000);
        }

        assertThat(beats).hasSize(HONEST);
        assertThat(watcher.losses).isEmpty();
        assertThat(watcher.events).hasSize(HONEST + 1);
        assertThat(books.events).hasSize(HONEST).allMatch(event -> event.startsWith("up"));
        assertThat(log.messages(Message.LINK_REFUSED).size()
                        + log.messages(Message.LINKS_REFUSED).size())
                .as("lines about %d strangers", opened.get())
                .isLessThanOrEqualTo(2 * (Refusals.MAX_ADDRESSES + 1));
        assertThat(log.messages(Message.SUPERVISED_FAILURE)).isEmpty();
    }

    /** Opens connections that say nothing, half a Hello, a byte at a time, or rubbish; keeps them as long as it can. */
    private void attack(String from, AtomicBoolean over, AtomicInteger opened) {
        byte[] hello =
                frame(new Hello(1, 1, new UUID(6, 6), 200, 1, "stranger", Map.of(Hello.NONCE, SharedSecret.nonce())));
        List<Socket> own = new ArrayList<>();
        for (int i = 0; !over.get() && i < 10 * HALF_OPEN; i++) {
            try {
                if (own.size() < HALF_OPEN / 10) {
                    Socket socket = open(from);
                    own.add(socket);
                    opened.incrementAndGet();
                    switch (i % 4) {
                        case 0 -> {}
                        case 1 -> socket.getOutputStream().write(hello, 0, hello.length / 2);
                        case 2 -> socket.getOutputStream().write(hello);
                        default ->
                            socket.getOutputStream()
                                    .write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    }
                } else {
                    Socket socket = own.get(i % own.size());
                    if (socket.getInputStream().available() > 0) {
                        own.remove(socket); // It was told Goodbye.
                        socket.close();
                    } else {
                        socket.getOutputStream().write(0);
                    }
                }
            } catch (SocketException e) {
                own.removeIf(Socket::isClosed);
                if (!own.isEmpty()) {
                    own.remove(i % own.size()); // Closed by the watchdog.
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
