package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Target;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.TestCertificate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What the newest server and hand-made clients can do on the wire: TLS, keys, half-open connections. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class WireTest {
    private static EmbeddedCluster cluster;

    private final GatewaySite site;
    private final int port;

    WireTest(boolean epoll) {
        site = new GatewaySite(epoll, Map.of())
                .instance(0, instance(0).port(), Role.PRIMARY)
                .instance(1, instance(1).port(), Role.STANDBY)
                .instance(2, instance(2).port(), Role.STANDBY);
        port = site.open();
    }

    private static EmbeddedInstance instance(int number) {
        return cluster.instances().get(number);
    }

    @BeforeAll
    static void start() {
        TestCertificate certificate = TestCertificate.make("pg.test");
        cluster = EmbeddedCluster.builder()
                .version(18)
                .standbys(2)
                .tls(certificate.certificate(), certificate.key())
                .start();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @AfterEach
    void close() throws Exception {
        site.close();
        for (EmbeddedInstance instance : cluster.instances()) {
            instance.query("select pg_terminate_backend(pid) from pg_stat_activity where query like '%sleep%'"
                    + " and pid <> pg_backend_pid()");
        }
    }

    private static void awaitSleep(EmbeddedInstance on, int count) {
        Await.until("the query runs", () -> sleeping(on) == count);
    }

    private static int sleeping(EmbeddedInstance on) throws SQLException {
        return Integer.parseInt(
                String.valueOf(on.query("select count(*) from pg_stat_activity where query like 'select pg_sleep%'"
                        + " and state = 'active'")));
    }

    @Test
    void aKeyOfThirtyTwoBytesFindsItsBackend() throws Exception {
        try (RawClient session = new RawClient(port).login(2);
                RawClient other = new RawClient(port).login(0)) {
            assertThat(session.key).hasSize(4 + 32);
            assertThat(other.key).hasSize(4 + 4);
            session.send(RawClient.message('Q', "select pg_sleep(600)"));
            other.send(RawClient.message('Q', "select pg_sleep(600)"));
            awaitSleep(instance(0), 2);
            try (RawClient cancel = new RawClient(port).send(RawClient.cancel(session.key))) {
                assertThat(cancel.read()).as("closed when delivered").isEqualTo(-1);
            }
            session.untilReady();
            assertThat(session.error).contains("57014");
            awaitSleep(instance(0), 1);
            try (RawClient cancel = new RawClient(port).send(RawClient.cancel(other.key))) {
                assertThat(cancel.read()).isEqualTo(-1);
            }
            other.untilReady();
            assertThat(other.error).contains("57014");
        }
    }

    @Test
    void aCancelRequestComesFromTheLocalAddress() throws Exception {
        byte[] key = {0, 0, 0, 9, 1, 2, 3, 4};
        site.configure(Map.of("local_address", "127.0.0.2"));
        try (ServerSocket server = new ServerSocket(0)) {
            server.setSoTimeout(20_000);
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.startup(0, "user", "u"));
                    Socket instance = server.accept()) {
                instance.getOutputStream().write(RawClient.raw('K', key));
                assertThat(session.read()).isEqualTo('K');
                try (RawClient cancel = new RawClient(port).send(RawClient.cancel(key));
                        Socket request = server.accept()) {
                    assertThat(request.getInetAddress()).isEqualTo(instance.getInetAddress());
                    assertThat(request.getInetAddress().getHostAddress()).isEqualTo("127.0.0.2");
                    request.shutdownOutput();
                    assertThat(cancel.read()).isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void aWrongOrLateKeyHitsNobody() throws Exception {
        byte[] late;
        try (RawClient session = new RawClient(port).login(0)) {
            late = session.key;
        }
        Await.until("its key is forgotten", () -> site.gateway.cancels().size() == 0);
        try (RawClient session = new RawClient(port).login(0)) {
            byte[] wrong = session.key.clone();
            wrong[7]++;
            String log = instance(0).log();
            for (byte[] key : List.of(late, wrong)) {
                try (RawClient cancel = new RawClient(port).send(RawClient.cancel(key))) {
                    assertThat(cancel.read()).isEqualTo(-1);
                }
            }
            assertThat(instance(0).log().substring(log.length()))
                    .as("no instance has heard of them")
                    .doesNotContain("cancel request");
            assertThat(session.query("select 1")).isEqualTo("1\n");
        }
    }

    @Test
    void encryptedSessionsAreCancelledInPlainAndEncrypted() throws Exception {
        int standbys = site.open(Optional.of(Target.STANDBY), Optional.empty());
        List<RawClient> sessions = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                sessions.add(new RawClient(standbys).tls("pg.test", i % 2 == 1).login(i < 2 ? 0 : 2));
            }
            for (RawClient session : sessions) {
                session.send(RawClient.message('Q', "select pg_sleep(600)"));
            }
            Await.until("the queries run", () -> sleeping(instance(1)) + sleeping(instance(2)) == 4);
            for (int i = 0; i < 4; i++) {
                RawClient session = sessions.get(i);
                try (RawClient cancel = new RawClient(standbys)) {
                    if (i != 1) {
                        cancel.tls("pg.test", i == 2);
                    }
                    cancel.send(RawClient.cancel(session.key));
                    assertThat(cancel.read()).isEqualTo(-1);
                }
                session.untilReady();
                assertThat(session.error).as("session %d", i).contains("57014");
            }
        } finally {
            for (RawClient session : sessions) {
                session.close();
            }
        }
    }

    @Test
    void directTlsPasses() throws Exception {
        try (RawClient session = new RawClient(port).tls("pg.test", true).login(0)) {
            assertThat(session.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()"))
                    .isEqualTo("t\n");
        }
    }

    @Test
    void anEncryptedSessionIsClosedAtAVerdict() throws Exception {
        try (RawClient session = new RawClient(port).tls("pg.test", false).login(0)) {
            site.dead(0);
            assertThat(session.untilReady()).isEqualTo("<end>");
            assertThat(session.error).isEmpty();
        }
    }

    @Test
    void anInstanceOtherThanTheOneThatNegotiatedCanBeMeant() throws Exception {
        site.configure(Map.of("server_names", "ro.test=standby"));
        try (RawClient session = new RawClient(port).tls("ro.test", false).login(0);
                RawClient direct = new RawClient(port).tls("ro.test", true).login(0);
                RawClient other = new RawClient(port).tls("pg.test", false).login(0)) {
            assertThat(session.query("select pg_is_in_recovery()")).isEqualTo("t\n");
            assertThat(direct.query("select pg_is_in_recovery()")).isEqualTo("t\n");
            assertThat(other.query("select pg_is_in_recovery()")).isEqualTo("f\n");
        }
    }

    @Test
    void aStandbyIsReachedUnderTlsWhileThereIsNoPrimary() throws Exception {
        site.configure(Map.of("server_names", "ro.test=standby"));
        site.dead(0);
        try (RawClient session = new RawClient(port).tls("ro.test", false).login(0)) {
            assertThat(session.query("select pg_is_in_recovery()")).isEqualTo("t\n");
        }
    }

    @Test
    void aClientThatHasSentItsLastGetsItsAnswers() throws Exception {
        try (RawClient session = new RawClient(port).login(0)) {
            session.send(RawClient.message('Q', "select repeat('x', 3000000)"));
            session.send(RawClient.message('X', ""));
            session.socket.shutdownOutput();
            assertThat(session.untilReady()).hasSize(3_000_001);
            assertThat(session.read()).isEqualTo(-1);
        }
        Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
    }

    @Test
    void aClientThatSendsAllAtOnceAndEndsGetsItsAnswers() throws Exception {
        byte[] startup = RawClient.startup(0, "user", "postgres", "database", "postgres");
        byte[] query = RawClient.message('Q', "select 'answer'");
        byte[] all = ByteBuffer.allocate(startup.length + query.length)
                .put(startup)
                .put(query)
                .array();
        for (int i = 0; i < 20; i++) {
            try (RawClient session = new RawClient(port).send(all)) {
                session.socket.shutdownOutput();
                assertThat(session.untilReady()).as("login of session %d", i).isEmpty();
                assertThat(session.untilReady()).as("answer of session %d", i).isEqualTo("answer\n");
                assertThat(session.read()).isEqualTo(-1);
            }
        }
        Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
    }

    @Test
    void aClientThatEndsRightBehindItsRequestIsAnswered() throws Exception {
        for (int i = 0; i < 20; i++) {
            try (RawClient session =
                    new RawClient(port).send(RawClient.startup(0, "user", "postgres", "database", "postgres"))) {
                session.socket.shutdownOutput();
                assertThat(session.untilReady()).as("login of session %d", i).isEmpty();
                assertThat(session.read()).isEqualTo(-1);
            }
            try (RawClient session = new RawClient(port).send(RawClient.sslRequest())) {
                session.socket.shutdownOutput();
                assertThat(session.readAll()).as("answer to session %d", i).containsExactly('S');
            }
        }
        Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
    }

    @Test
    void aClientThatVanishesTakesItsBackendWithIt() throws Exception {
        RawClient session = new RawClient(port).login(0, "application_name", "vanishes");
        session.socket.setSoLinger(true, 0);
        session.close();
        Await.until("the backend is gone", () -> "0"
                .equals(instance(0)
                        .query("select count(*) from pg_stat_activity where application_name = 'vanishes'")));
        Await.until("nothing is left", () -> site.gateway.relays().isEmpty());
    }

    @Test
    void aSecondSslRequestIsRefused() throws Exception {
        site.board.remove(0, "it is no longer configured");
        site.board.remove(1, "it is no longer configured");
        site.board.remove(2, "it is no longer configured");
        try (RawClient session = new RawClient(port).send(RawClient.sslRequest())) {
            assertThat(session.read()).as("nobody to ask").isEqualTo('N');
            session.send(RawClient.sslRequest());
            assertThat(session.read()).isEqualTo(-1);
        }
    }

    /** The instance answers an SSLRequest, and the client gets it. */
    private static void takesNoTls(Socket instance, RawClient session) throws IOException {
        assertThat(instance.getInputStream().readNBytes(8)).isEqualTo(RawClient.sslRequest());
        instance.getOutputStream().write('N');
        assertThat(session.read()).isEqualTo('N');
    }

    @Test
    void aClientThatAsksAndThenSleepsCostsNoBackendForLong() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.sslRequest());
                    Socket instance = server.accept()) {
                takesNoTls(instance, session);
                instance.setSoTimeout((int) Held.LIMIT.toMillis() + 10_000);
                assertThat(instance.getInputStream().read())
                        .as("closed meanwhile")
                        .isEqualTo(-1);
                Await.until(
                        "no session is left", () -> site.board.applications().isEmpty());
                session.send(RawClient.startup(0, "user", "u"));
                try (Socket again = server.accept()) {
                    assertThat(again.getInputStream().read()).isZero();
                }
            }
        }
    }

    @Test
    void tlsToTheInstanceIsNotLeftOutForAConnectionThatWasHeld() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            server.setSoTimeout(20_000);
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.sslRequest());
                    Socket plain = server.accept()) {
                takesNoTls(plain, session);
                site.configure(Map.of("tls", "originate"));
                session.send(RawClient.startup(0, "user", "u"));
                try (Socket instance = server.accept()) {
                    assertThat(instance.getInputStream().readNBytes(8)).isEqualTo(RawClient.sslRequest());
                }
            }
        }
    }

    @Test
    void aSessionThatNegotiatedFirstHasItsName() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.sslRequest());
                    Socket instance = server.accept()) {
                takesNoTls(instance, session);
                session.send(RawClient.startup(0, "user", "u", "application_name", "shop\n"));
                Await.until("its name is known", () -> site.board.applications().stream()
                        .anyMatch(application ->
                                application.request().application().equals("shop?")));
            }
        }
    }

    @Test
    void theLastMessageIsNotPutIntoTheMiddleOfAnother() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.startup(0, "user", "u"));
                    Socket instance = server.accept()) {
                byte[] half = ByteBuffer.allocate(8)
                        .put((byte) 'S')
                        .putInt(100)
                        .put(new byte[3])
                        .array();
                instance.getOutputStream().write(half);
                Await.until(
                        "the half is there",
                        () -> session.socket.getInputStream().available() == half.length);
                site.dead(0);
                assertThat(session.readAll()).isEqualTo(half);
            }
            site.moved(0, server.getLocalPort(), Role.PRIMARY);
            try (RawClient session = new RawClient(port).send(RawClient.startup(0, "user", "u"));
                    Socket instance = server.accept()) {
                instance.getOutputStream()
                        .write(ByteBuffer.allocate(9)
                                .put((byte) 'R')
                                .putInt(8)
                                .putInt(3)
                                .array());
                Await.until(
                        "the message is there",
                        () -> session.socket.getInputStream().available() == 9);
                site.dead(0);
                session.untilReady();
                assertThat(session.error).contains("57P03", "conmgr declared instance 0");
            }
        }
    }

    @Test
    void everyVersionNegotiatesItsProtocol() throws Exception {
        try (RawClient newer = new RawClient(port).login(9999, "_pq_.unknown", "1")) {
            assertThat(newer.query("select 1")).isEqualTo("1\n");
        }
    }
}
