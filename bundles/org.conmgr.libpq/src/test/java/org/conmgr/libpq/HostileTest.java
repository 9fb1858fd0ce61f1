package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.Function;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is no conmgr, or an evil one: the program gets libpq's own error, or its connection, and lives. */
class HostileTest {
    @BeforeAll
    static void require() {
        Companion.require("cc");
    }

    /** Answers whatever comes with bytes; the n-th connection with the n-th. */
    private static final class Peer implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final Function<Integer, byte[]> answers;
        private final boolean reset;

        Peer(boolean reset, Function<Integer, byte[]> answers) throws IOException {
            this.reset = reset;
            this.answers = answers;
            Thread thread = new Thread(this::serve, "hostile-peer");
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            for (int i = 0; !listener.isClosed(); i++) {
                try (Socket socket = listener.accept()) {
                    if (reset) {
                        socket.setSoLinger(true, 0);
                    }
                    OutputStream out = socket.getOutputStream();
                    out.write(answers.apply(i));
                    out.flush();
                    socket.setSoTimeout(20);
                    while (socket.getInputStream().read() >= 0) {
                        // until it is silent
                    }
                } catch (IOException e) {
                    // The program has gone, or waits; either way this is over.
                }
            }
        }

        String conninfo() {
            return "host=127.0.0.1 connect_timeout=2 port=" + listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    private static byte[] frame(int type, String fields) {
        byte[] body = fields.replace('|', '\0').getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return ByteBuffer.allocate(5 + body.length)
                .put((byte) type)
                .putInt(4 + body.length)
                .put(body)
                .array();
    }

    @Test
    void noiseIsNeverMoreThanAnError() throws Exception {
        Random random = new Random(7);
        for (boolean reset : new boolean[] {false, true}) {
            try (Peer peer = new Peer(reset, i -> noise(random));
                    Client client = Client.linked()) {
                for (int i = 0; i < 60; i++) {
                    assertThat(client.does((i % 2 == 0 ? "connect " : "start ") + peer.conninfo()))
                            .startsWith("BAD ");
                    assertThat(client.does("finish")).isEqualTo("3");
                }
                client.ends();
            }
        }
    }

    private static byte[] noise(Random random) {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        if (bytes.length > 0 && random.nextBoolean()) {
            bytes[0] = 'C';
        }
        if (bytes.length > 5 && random.nextBoolean()) {
            ByteBuffer.wrap(bytes).putInt(1, bytes.length - 1);
        }
        return bytes;
    }

    @Test
    void answersThatWouldMisleadLibpqAreNotTaken() throws Exception {
        String[] evil = {
            "instance|0|host|/tmp|port|5432||",
            "instance|0|host|a,b|port|5432||",
            "instance|0|host||port|5432||",
            "instance|0|host|db|port|0||",
            "instance|0|host|db|port|99999||",
            "instance|0|host|db|port|5432|hostaddr|1.2.3.4,5.6.7.8||",
            "instance|0|host|db|port|5432|hostaddr|/tmp||",
            "instance|-1|host|db|port|5432||",
            "host|db|port|5432||",
            "instance|0|host|" + "x".repeat(300) + "|port|5432||",
            "instance|0|host|db"
        };
        try (Peer peer = new Peer(false, i -> frame('C', evil[i / 2 % evil.length]));
                Client client = Client.linked()) {
            for (String ignored : evil) {
                assertThat(client.does("connect " + peer.conninfo()))
                        .as(ignored)
                        .contains("conmgr's answer cannot be read");
                client.does("finish");
            }
        }
    }

    @Test
    void aMessageDoesNothingToATerminal() throws Exception {
        try (Peer peer = new Peer(false, i -> frame('C', "sqlstate|08001|message|\033]0;evil\007\nnone||"));
                Client client = Client.linked()) {
            assertThat(client.does("connect " + peer.conninfo())).endsWith("failed:  ]0;evil  none|");
        }
    }

    @Test
    void whatComesAfterAGoodAnswerEndsOneConnectionAtWorst() throws Exception {
        Random random = new Random(8);
        try (FakeConmgr conmgr = new FakeConmgr(ask -> FakeConmgr.route(Servers.primary()));
                Client client = Client.linked()) {
            for (int i = 0; i < 40; i++) {
                assertThat(client.does("connect host=127.0.0.1 port=" + conmgr.port()))
                        .startsWith("OK ");
                FakeConmgr.Application application = conmgr.bound(i);
                try {
                    application.write(noise(random));
                    application.write(frame(0xff, "unknown||"));
                } catch (IOException e) {
                    // It has had enough after the first.
                }
                String now = client.does("query select 1");
                assertThat(now).matches("1|BAD FATAL:  .*");
                client.does("finish");
            }
            // In the smallest of pieces.
            client.does("connect host=127.0.0.1 port=" + conmgr.port());
            FakeConmgr.Application application = conmgr.bound(40);
            for (byte one : new Frame.Down(0, "dead", "piece by piece").encode()) {
                application.write(new byte[] {one});
            }
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  piece by piece");
            client.ends();
        }
    }

    @Test
    void aDribblingAnswerIsBoundByTheTimeout() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Client client = Client.linked()) {
            client.tell("connect host=127.0.0.1 connect_timeout=2 port=" + listener.getLocalPort());
            long begun = System.nanoTime();
            try (Socket socket = listener.accept()) {
                byte[] answer = FakeConmgr.route(Servers.primary()).encode();
                socket.setTcpNoDelay(true);
                int[] sent = {0};
                Await.until("it gives up", () -> {
                    // One byte every 10 ms would take longer than the program is ready to wait.
                    if (sent[0] < answer.length - 1 && System.nanoTime() - begun > sent[0] * 100_000_000L) {
                        socket.getOutputStream().write(answer[sent[0]++]);
                    }
                    return client.said();
                });
            } catch (IOException gone) {
                // It has given up.
            }
            assertThat(client.answer()).contains("timeout expired");
        }
    }
}
