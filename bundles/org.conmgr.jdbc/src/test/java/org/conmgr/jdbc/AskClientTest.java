package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import jdk.net.ExtendedSocketOptions;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.testkit.BlackHole;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AskClientTest {
    private static final Ask ASK = new Ask("standby", "till", 42, 0);
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private static Answer ask(int port, long millis) throws IOException {
        return AskClient.ask(List.of(LOOPBACK), port, ASK, Deadline.afterMillis(millis));
    }

    /** A host that reads the question and answers with these bytes, then keeps the connection unless told not to. */
    private static Answer answered(String bytes, boolean close) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            Thread host = new Thread(() -> {
                try {
                    Socket socket = server.accept();
                    byte[] question = socket.getInputStream().readNBytes(ASK.encode().length);
                    assertThat(question).isEqualTo(ASK.encode());
                    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
                    if (close) {
                        socket.close();
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            host.start();
            try {
                return ask(server.getLocalPort(), 5000);
            } finally {
                host.join();
            }
        }
    }

    @Test
    void aConmgrSaysWhereToGoAndIsKept() throws Exception {
        Frame.Routed route = FakeConmgr.route(3, "db3", "", 5432);
        try (FakeConmgr conmgr = FakeConmgr.routing(route)) {
            Answer answer = ask(conmgr.port(), 5000);
            assertThat(answer).isInstanceOf(Answer.Routed.class);
            Answer.Routed routed = (Answer.Routed) answer;
            assertThat(routed.route()).isEqualTo(route);
            assertThat(routed.channel().isOpen()).isTrue();
            assertThat(conmgr.applications().get(0).ask()).isEqualTo(ASK);
            routed.channel().close();
        }
    }

    @Test
    void aConmgrThatVanishesIsNoticedByTheSystem() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.routing(FakeConmgr.route(0, "db1", "", 5432));
                SocketChannel kept = ((Answer.Routed) ask(conmgr.port(), 5000)).channel()) {
            assertThat(kept.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            assertThat(kept.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(5);
            assertThat(kept.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(1);
            assertThat(kept.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(5);
        }
    }

    @Test
    void aConmgrRefuses() throws Exception {
        try (FakeConmgr conmgr = FakeConmgr.refusing("no instance")) {
            assertThat(ask(conmgr.port(), 5000)).isEqualTo(new Answer.Refused("08001", "no instance"));
            until("let go", () -> conmgr.applications().get(0).gone());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"N", "G", "E\0\0\0\1"})
    void aServerAnswersAsToARequestForEncryption(String bytes) throws Exception {
        assertThat(answered(bytes, false)).isInstanceOf(Answer.Server.class);
    }

    @Test
    void whatIsNeitherSaysSo() {
        assertThatThrownBy(() -> answered("HTTP/1.1 400 Bad Request\r\n", true))
                .hasMessage("neither a conmgr nor a PostgreSQL server: it answered with byte 0x48");
    }

    @Test
    void aConmgrThatIsFullClosesWithoutAWord() {
        assertThatThrownBy(() -> answered("", true))
                .hasMessage("it closed the connection without an answer"
                        + " (a conmgr does so when it has max_connections applications)");
    }

    @Test
    void anAnswerThatIsCutOffIsNone() {
        assertThatThrownBy(() -> answered("C\0\0\0\40host", true)).hasMessageContaining("closed the connection");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C\0\0\0\1", "C\0\0\40\1", "C\177\0\0\0"})
    void anAnswerOfImpossibleLengthIsRefusedAtOnce(String bytes) {
        assertThatThrownBy(() -> answered(bytes, false))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be read")
                .hasMessageContaining("expected: 4 to 8192");
    }

    @Test
    void anAnswerWithoutAPortIsRefused() {
        assertThatThrownBy(() -> answered("C\0\0\0\5\0", false)).hasMessageContaining("without its field");
    }

    private static Answer routed(String host, String hostaddr) throws IOException {
        try (FakeConmgr conmgr = FakeConmgr.routing(FakeConmgr.route(0, host, hostaddr, 5432))) {
            Answer answer = ask(conmgr.port(), 5000);
            ((Answer.Routed) answer).channel().close();
            return answer;
        }
    }

    private static Stream<String> noHosts() {
        Stream<String> each =
                ",/?&#%[]=\\: \t\n\r\u007f\u0085".chars().mapToObj(c -> "db" + Character.toString(c) + "x");
        Stream<String> others = Stream.of(
                "",
                "d".repeat(256),
                "/tmp",
                "@db",
                "evil/db?sslmode=disable&x=",
                "[::1]",
                "db%eth0",
                "10.0.0.1%eth0",
                "::1::",
                "10.0.0.1:80",
                "fe80::1%",
                "fe80::1%eth0/db?sslmode=disable&x=",
                "fe80::1%25%65");
        return Stream.concat(each, others);
    }

    @ParameterizedTest
    @MethodSource("noHosts")
    void aHostThatIsNeitherNameNorAddressIsRefused(String host) {
        assertThatThrownBy(() -> routed(host, ""))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("an answer that cannot be read: host: ")
                .hasMessageEndingWith(" (expected: a host name or an address)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "db1",
                "localhost",
                "10.0.0.256",
                "1.2.3",
                "10.0.0.1.",
                "010.0.0.1",
                "10.0.0.1%eth0",
                "[::1]",
                "::1::",
                "fe80::1%",
                "fe80::1%a/b",
                "fe80::1%a,b",
                "10.0.0.1,10.0.0.2",
                "10.0.0.1 ",
                ":"
            })
    void anAddressThatIsNoneIsRefused(String hostaddr) {
        assertThatThrownBy(() -> routed("db1", hostaddr))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "an answer that cannot be read: hostaddr: " + hostaddr + " (expected: an address or nothing)");
    }

    @ParameterizedTest
    @CsvSource({
        "db1, ''",
        "db-1_a.example.org., 10.0.0.1",
        "dätenbank.example, 255.255.255.255",
        "10.0.0.1, ::1",
        "::1, ::1",
        "fe80::1%eth0.100, fe80::1%3",
        "2001:db8::10.0.0.1, ::ffff:10.0.0.1",
    })
    void namesAndAddressesAreTaken(String host, String hostaddr) throws Exception {
        assertThat(((Answer.Routed) routed(host, hostaddr)).route())
                .isEqualTo(FakeConmgr.route(0, host, hostaddr, 5432));
    }

    @Test
    void aPortThatIsNoneIsRefused() {
        for (int port : new int[] {-1, 0, 65536}) {
            assertThatThrownBy(() -> {
                        try (FakeConmgr conmgr = FakeConmgr.routing(FakeConmgr.route(0, "db1", "", port))) {
                            ask(conmgr.port(), 5000);
                        }
                    })
                    .hasMessage("an answer that cannot be read: port: " + port + " (expected: 1 to 65535)");
        }
    }

    @Test
    void silenceEndsAtTheDeadline() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, LOOPBACK)) {
            long start = System.nanoTime();
            assertThatThrownBy(() -> ask(silent.getLocalPort(), 300))
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessage("no answer within 0.3 s");
            assertThat((System.nanoTime() - start) / 1_000_000).isBetween(290L, 5000L);
        }
    }

    @Test
    void slowBytesDoNotMoveTheDeadline() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            Thread host = new Thread(() -> {
                try (Socket socket = server.accept()) {
                    byte[] answer = FakeConmgr.route(0, "db", "", 5432).encode();
                    for (byte one : answer) {
                        socket.getOutputStream().write(one);
                        // The peer's pace, not a wait for something.
                        LockSupport.parkNanos(50_000_000);
                    }
                } catch (IOException e) {
                    // The question was given up.
                }
            });
            host.start();
            long start = System.nanoTime();
            assertThatThrownBy(() -> ask(server.getLocalPort(), 400)).isInstanceOf(SocketTimeoutException.class);
            assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(5000);
            host.join();
        }
    }

    @Test
    void aRefusedConnectionIsToldAsSuch() throws Exception {
        int port = FreePort.next();
        assertThatThrownBy(() -> ask(port, 1000)).isInstanceOf(ConnectException.class);
    }

    @Test
    void anAddressThatIsDeadLeavesItsShareToTheNext() throws Exception {
        try (BlackHole hole = new BlackHole();
                ServerSocket same = new ServerSocket()) {
            // The same port on another address of the loopback net, where a conmgr answers.
            InetAddress other = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
            same.bind(new InetSocketAddress(other, hole.port()));
            Thread host = new Thread(() -> {
                try (Socket socket = same.accept()) {
                    socket.getOutputStream().write('N');
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            host.start();
            Answer answer = AskClient.ask(List.of(hole.address(), other), hole.port(), ASK, Deadline.afterMillis(3000));
            assertThat(answer).isInstanceOf(Answer.Server.class);
            host.join();
        }
    }
}
