package org.conmgr.gateway.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A side that stops reading in the middle of much data: the other is held up, the gateway keeps little of it. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class StalledTest {
    private static final byte[] ROW = "0123456789".repeat(100).concat("\n").getBytes(US_ASCII);

    /** More than all socket buffers on the way hold. */
    private static final int ROWS = 100_000;

    private static final long MAX_BUFFERS = 16 << 20;

    /** Into small socket buffers the last of it trickles: some 4 s on an idle machine. */
    private static final Duration STALL_DEADLINE = Duration.ofSeconds(60);

    private static EmbeddedCluster cluster;

    private final GatewaySite site;
    private final int port;

    StalledTest(boolean epoll) {
        site = new GatewaySite(epoll, Map.of()).instance(0, primary().port(), Role.PRIMARY);
        port = site.open();
    }

    private static EmbeddedInstance primary() {
        return cluster.primary();
    }

    @BeforeAll
    static void start() throws SQLException {
        cluster = EmbeddedCluster.builder().standbys(0).start();
        primary().query("create table held (t text)");
        primary()
                .query("create function hold() returns trigger language plpgsql as"
                        + " 'begin perform pg_advisory_xact_lock(1); return new; end'");
        primary()
                .query("create trigger hold before insert on held for each row when (new.t = 'hold')"
                        + " execute function hold()");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @AfterEach
    void close() {
        site.close();
    }

    private void awaitEvent(String application, String event) {
        Await.until(
                application + " waits for " + event,
                () -> event.equals(primary()
                        .query("select wait_event from pg_stat_activity where application_name = '" + application
                                + "'")));
    }

    private static void awaitStall(Writer writer) {
        long[] last = {-1, System.nanoTime()};
        Await.until("the client cannot send any more", STALL_DEADLINE, () -> {
            long sent = writer.sent;
            if (sent != last[0]) {
                last[0] = sent;
                last[1] = System.nanoTime();
            }
            return sent > 0 && System.nanoTime() - last[1] > TimeUnit.MILLISECONDS.toNanos(500);
        });
    }

    @Test
    void aClientThatStopsReadingACopyHoldsUpTheServerAndGetsEverything() throws Exception {
        try (RawClient other = new RawClient(port).login(0);
                RawClient slow = new RawClient(port, 16 * 1024).login(0, "application_name", "slow")) {
            Pace alone = Pace.of(other);
            long buffers = site.buffers();
            slow.send(RawClient.message(
                    'Q', "copy (select repeat('0123456789', 100) from generate_series(1, " + ROWS + ")) to stdout"));
            awaitEvent("slow", "ClientWrite");
            Pace beside = Pace.of(other);
            System.out.println("alone: " + alone + "; beside a client that does not read: " + beside);
            beside.assertNotSlowed(alone);
            assertThat(site.buffers() - buffers).isLessThan(MAX_BUFFERS);
            slow.untilReady();
            assertThat(slow.copied).isEqualTo((long) ROWS * ROW.length);
        }
    }

    @Test
    void aClientThatHasSentItsLastAndStopsReadingGetsEverything() throws Exception {
        try (RawClient slow = new RawClient(port, 16 * 1024).login(0, "application_name", "last")) {
            slow.send(RawClient.message(
                    'Q', "copy (select repeat('0123456789', 100) from generate_series(1, " + ROWS + ")) to stdout"));
            slow.socket.shutdownOutput();
            awaitEvent("last", "ClientWrite");
            slow.untilReady();
            assertThat(slow.copied).isEqualTo((long) ROWS * ROW.length);
            assertThat(slow.read()).isEqualTo(-1);
        }
        Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
    }

    @Test
    void whatAnInstanceSaidBeforeItClosedReachesAClientThatReadsLate() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            byte[] chunk = RawClient.raw('d', new byte[64 * 1024]);
            // More than the client has room for, less than all socket buffers on the way have.
            int chunks = 32;
            try (RawClient late = new RawClient(port, 16 * 1024).send(RawClient.startup(0, "user", "u"))) {
                try (Socket instance = server.accept()) {
                    Writer writer = new Writer(instance, chunk, chunks);
                    awaitStall(writer);
                    writer.end();
                }
                late.socket.shutdownOutput();
                late.untilReady();
                assertThat(late.copied).isEqualTo((long) chunks * 64 * 1024);
            }
        }
        Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
    }

    @Test
    void anInstanceThatStopsReadingACopyHoldsUpTheClientAndGetsEverything() throws Exception {
        primary().query("truncate held");
        try (RawClient other = new RawClient(port).login(0);
                RawClient copier = new RawClient(port).login(0, "application_name", "copier");
                Connection holder = primary().connect();
                Statement hold = holder.createStatement()) {
            Pace alone = Pace.of(other);
            long buffers = site.buffers();
            hold.execute("select pg_advisory_lock(1)");
            copier.send(RawClient.message('Q', "copy held from stdin"));
            assertThat(copier.read(10)).as("CopyInResponse").startsWith((byte) 'G');
            copier.send(RawClient.raw('d', "hold\n".getBytes(US_ASCII)));
            Writer writer = new Writer(copier.socket, RawClient.raw('d', ROW), ROWS);
            awaitEvent("copier", "advisory");
            awaitStall(writer);
            assertThat(writer.isAlive()).isTrue();
            Pace beside = Pace.of(other);
            System.out.println("alone: " + alone + "; beside an instance that does not read: " + beside);
            beside.assertNotSlowed(alone);
            assertThat(site.buffers() - buffers).isLessThan(MAX_BUFFERS);
            hold.execute("select pg_advisory_unlock(1)");
            writer.end();
            copier.send(RawClient.raw('c', new byte[0]));
            copier.untilReady();
            assertThat(copier.error).isEmpty();
        }
        assertThat(primary().query("select count(*) from held")).isEqualTo(String.valueOf(ROWS + 1));
    }

    @Test
    void nothingMoreIsDoneForAClientThatBrokeOff() throws Exception {
        try (RawClient session = new RawClient(port).login(0, "application_name", "broke")) {
            byte[] query = RawClient.message('Q', "select pg_sleep(0.3) /* " + " ".repeat(16 * 1024) + " */");
            awaitStall(new Writer(session.socket, query, Integer.MAX_VALUE));
            session.socket.setSoLinger(true, 0);
        }
        Await.until("its backend is gone", () -> "0"
                .equals(primary().query("select count(*) from pg_stat_activity where application_name = 'broke'")));
        Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
    }

    @Test
    void anInstanceThatNeverReadsIsNotWaitedForAtAVerdict() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            server.setReceiveBufferSize(16 * 1024);
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.startup(0, "user", "u"));
                    Socket instance = server.accept()) {
                session.socket.setSendBufferSize(16 * 1024);
                Writer writer = new Writer(session.socket, new byte[64 * 1024], Integer.MAX_VALUE);
                awaitStall(writer);
                // What two pairs of socket buffers hold, and little more.
                assertThat(writer.sent).isLessThan(16 << 20);
                assertThat(instance.isClosed()).isFalse();
                Relay relay = site.gateway.relays().iterator().next();
                assertThat(relay.upstream().server().bytesBeforeWritable()).isLessThan(1 << 20);
                site.dead(0);
                writer.join();
                assertThat(writer.failure).as("the connection is closed").isNotNull();
            }
        }
    }

    @Test
    void theLastWordsOfAnInstanceThatReadsNoMoreReachTheClient() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            server.setReceiveBufferSize(16 * 1024);
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.startup(0, "user", "u"))) {
                session.socket.setSendBufferSize(16 * 1024);
                CountDownLatch gone = new CountDownLatch(1);
                Writer writer;
                try (Socket instance = server.accept()) {
                    writer = new Writer(session.socket, new byte[64 * 1024], Integer.MAX_VALUE);
                    awaitStall(writer);
                    // So that the words and the RST behind them come in one event.
                    holdUp(site.gateway.relays().iterator().next().upstream().server(), gone);
                    instance.getOutputStream()
                            .write(RawClient.raw('E', "SFATAL\0C57P01\0Mterminating\0\0".getBytes(US_ASCII)));
                }
                gone.countDown();
                assertThat(session.untilReady()).isEqualTo("<end>");
                assertThat(session.error).contains("57P01");
                Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
                writer.join();
                assertThat(site.log.texts(Message.RELAY_BROKEN)).hasSize(1);
            }
        }
    }

    @Test
    void anInstanceThatBreaksDoesNotWaitForAClientThatStopsReading() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            server.setReceiveBufferSize(16 * 1024);
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port, 16 * 1024).send(RawClient.startup(0, "user", "u"))) {
                session.socket.setSendBufferSize(16 * 1024);
                Writer toInstance;
                Writer toClient;
                try (Socket instance = server.accept()) {
                    instance.setSendBufferSize(16 * 1024);
                    toInstance = new Writer(session.socket, new byte[64 * 1024], Integer.MAX_VALUE);
                    toClient = new Writer(instance, new byte[64 * 1024], Integer.MAX_VALUE);
                    awaitStall(toInstance);
                    awaitStall(toClient);
                }
                toClient.join();
                Await.until(
                        "the gateway is done with it, though the client does not read",
                        () -> site.gateway.relays().isEmpty());
                assertThat(session.readAll()).isNotEmpty();
            }
        }
    }

    /** Lets the loop of a channel do nothing until then. */
    private static void holdUp(Channel channel, CountDownLatch until) {
        channel.eventLoop().execute(() -> {
            try {
                until.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Sends the same again and again. */
    private static final class Writer extends Thread {
        private final OutputStream out;
        private final byte[] chunk;
        private final int times;
        private volatile long sent;
        private volatile @Nullable IOException failure;

        private Writer(Socket to, byte[] chunk, int times) throws IOException {
            super("writer");
            this.out = to.getOutputStream();
            this.chunk = chunk;
            this.times = times;
            start();
        }

        @Override
        public void run() {
            try {
                long all = 0;
                for (int i = 0; i < times; i++) {
                    out.write(chunk);
                    all += chunk.length;
                    sent = all;
                }
            } catch (IOException e) {
                failure = e;
            }
        }

        void end() throws Exception {
            join();
            if (failure != null) {
                throw failure;
            }
        }
    }
}
