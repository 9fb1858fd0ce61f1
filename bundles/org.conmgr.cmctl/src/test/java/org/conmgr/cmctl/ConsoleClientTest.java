package org.conmgr.cmctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.conmgr.cmctl.ScriptedConsole.READY;
import static org.conmgr.cmctl.ScriptedConsole.WELCOME;
import static org.conmgr.cmctl.ScriptedConsole.columns;
import static org.conmgr.cmctl.ScriptedConsole.concat;
import static org.conmgr.cmctl.ScriptedConsole.done;
import static org.conmgr.cmctl.ScriptedConsole.error;
import static org.conmgr.cmctl.ScriptedConsole.message;
import static org.conmgr.cmctl.ScriptedConsole.row;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;

class ConsoleClientTest {
    private static Rows ask(byte[] welcome, byte[] answer) throws IOException {
        try (ScriptedConsole console = new ScriptedConsole(welcome, query -> answer);
                ConsoleClient client = ConsoleClient.open(console.port(), Deadline.in(Duration.ofSeconds(10)))) {
            return client.query("SHOW INSTANCES");
        }
    }

    @Test
    void readsRowsWithNullsAndEveryLanguage() throws Exception {
        Rows rows = ask(WELCOME, concat(columns("a", "b"), row("1", null), row("", "größe ✓"), done(2)));
        assertThat(rows.columns()).containsExactly("a", "b");
        assertThat(rows.rows().get(0).get("a")).isEqualTo("1");
        assertThat(rows.values().get(0).get(1)).isNull();
        assertThat(rows.rows().get(1).get("b")).isEqualTo("größe ✓");
        assertThat(rows.rows().get(1).get("c")).isEmpty();
    }

    @Test
    void saysWhoItIsAndWhatItWants() throws Exception {
        try (ScriptedConsole console = new ScriptedConsole(WELCOME, query -> concat(columns("a"), done(0)))) {
            try (ConsoleClient client = ConsoleClient.open(console.port(), Deadline.in(Duration.ofSeconds(10)))) {
                assertThat(client.query("SHOW A").values()).isEmpty();
                assertThat(client.query("SHOW B").values()).isEmpty();
            }
            assertThat(console.received().take())
                    .startsWith("\0\3\0\0user\0")
                    .endsWith("\0database\0conmgr\0application_name\0cm_ctl\0\0");
            assertThat(console.received()).containsExactly("SHOW A", "SHOW B");
        }
    }

    @Test
    void tellsAnErrorOfTheConsole() {
        assertThatThrownBy(() -> ask(error("57P03", "no console here"), READY))
                .isInstanceOf(IOException.class)
                .hasMessage("the console says: no console here (SQLSTATE 57P03)");
        assertThatThrownBy(() -> ask(WELCOME, concat(error("42601", "what?"), READY)))
                .isInstanceOf(IOException.class)
                .hasMessage("the console says: what? (SQLSTATE 42601)");
    }

    @Test
    void refusesWhatIsNoConsole() {
        assertThatThrownBy(() -> ask("HTTP/1.1 400 Bad Request\r\n".getBytes(StandardCharsets.US_ASCII), READY))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("something else than conmgr answers there (message 'H' of ");
        assertThatThrownBy(() -> ask(message('R', out -> out.writeInt(5)), READY))
                .hasMessage(
                        "something else than conmgr answers there (it wants a password or the like: a PostgreSQL?)");
        assertThatThrownBy(() -> ask(message('R', out -> {}), READY)).hasMessageContaining("malformed");
    }

    /** As a PostgreSQL that listens on 127.0.0.1 beside a conmgr on ::1. */
    @Test
    void looksForConmgrBehindWhatIsNone() throws Exception {
        byte[] loopback = new byte[16];
        loopback[15] = 1;
        InetAddress ipv6 = InetAddress.getByAddress(loopback);
        assumeThat(NetworkInterface.getByInetAddress(ipv6)).isNotNull();
        byte[] password = message('R', out -> out.writeInt(10));
        byte[] unknown = error("3D000", "database \"conmgr\" does not exist");
        for (byte[] answer : List.of(password, unknown)) {
            try (ScriptedConsole other = new ScriptedConsole(answer, query -> READY);
                    ScriptedConsole conmgr = new ScriptedConsole(
                            new ServerSocket(other.port(), 1, ipv6), WELCOME, query -> concat(columns("a"), done(0)))) {
                assertThat(conmgr.port()).isEqualTo(other.port());
                try (ConsoleClient client = ConsoleClient.open(other.port(), Deadline.in(Duration.ofSeconds(10)))) {
                    assertThat(client.query("SHOW A").columns()).containsExactly("a");
                }
            }
        }
    }

    @Test
    void refusesMalformedAndEndlessAnswers() {
        assertThatThrownBy(() -> ask(WELCOME, concat(columns("a"), row("1", "2"))))
                .hasMessage("a row of 2 values (expected: 1)");
        assertThatThrownBy(() -> ask(WELCOME, concat(columns("a"), message('D', out -> {
                    out.writeShort(1);
                    out.writeInt(ConsoleClient.MAX_MESSAGE);
                }))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("malformed");
        assertThatThrownBy(() -> ask(WELCOME, message('D', out -> out.write(new byte[ConsoleClient.MAX_MESSAGE]))))
                .hasMessageContaining("expected: 4 to");
        byte[] rows = row("");
        for (int count = 1; count <= ConsoleClient.MAX_ROWS; count *= 2) {
            rows = concat(rows, rows);
        }
        byte[] endless = concat(columns("a"), rows);
        assertThatThrownBy(() -> ask(WELCOME, endless)).hasMessage("more than 100000 rows");
    }

    @Test
    void tellsAnEndOfTheConnection() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().readNBytes(8);
                    socket.shutdownOutput();
                    socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThatThrownBy(() -> ConsoleClient.open(server.getLocalPort(), Deadline.in(Duration.ofSeconds(10))))
                    .hasMessage("conmgr closed the connection");
            closed.join();
        }
    }

    @Test
    void waitsNoLongerThanTheDeadline() throws Exception {
        try (ScriptedConsole silent = new ScriptedConsole(new byte[0], query -> READY)) {
            assertThatThrownBy(() -> ConsoleClient.open(silent.port(), Deadline.in(Duration.ofMillis(50))))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void tellsARefusedConnection() throws Exception {
        int port = FreePort.next();
        assertThatThrownBy(() -> ConsoleClient.open(port, Deadline.in(Duration.ofSeconds(10))))
                .hasMessageContaining("refused");
    }
}
