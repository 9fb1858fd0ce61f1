package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.BlackHole;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of hosts: who is asked, in which order, and what is said when there is no connection. */
class HostsTest {
    private FakeConmgr conmgr;
    private FakeConmgr refusing;

    @BeforeAll
    static void require() {
        Companion.require("cc");
    }

    @BeforeEach
    void start() throws Exception {
        conmgr = new FakeConmgr(ask -> ask.target().equals("standby")
                ? FakeConmgr.route(Servers.standby(), Servers.otherStandby(), Servers.primary())
                : FakeConmgr.route(Servers.primary(), Servers.standby(), Servers.otherStandby()));
        refusing = FakeConmgr.refusing("no instance with target_session_attrs=x: 0 (down: timed out 3.1 s ago)");
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
        refusing.close();
    }

    /** One connect, with {@code connect} or {@code start}. */
    private static String connect(String how, String conninfo, String... environment) {
        try (Client client = Client.linked(environment)) {
            return client.does(how + " " + conninfo);
        }
    }

    private static String list(Object... ports) {
        StringBuilder hosts = new StringBuilder("host="), list = new StringBuilder(" port=");
        for (int i = 0; i < ports.length; i++) {
            hosts.append(i == 0 ? "" : ",").append("127.0.0.1");
            list.append(i == 0 ? "" : ",").append(ports[i]);
        }
        return hosts + list.toString();
    }

    private static String at(EmbeddedInstance instance) {
        return "OK 127.0.0.1:" + instance.port() + " ";
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void theFirstConmgrThatKnowsAnInstanceWins(String how) throws Exception {
        assertThat(connect(
                        how, list(FreePort.next(), refusing.port(), conmgr.port()) + " target_session_attrs=standby"))
                .startsWith(at(Servers.standby()));
        assertThat(refusing.applications()).hasSize(1);
        assertThat(conmgr.bound(0).ask().target()).isEqualTo("standby");
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void aServerBeforeAConmgrComesFirstAndIsNotWatched(String how) {
        // Would conmgr name it too, it would be watched.
        conmgr.answer(ask -> FakeConmgr.route(Servers.primary(), Servers.otherStandby()));
        try (Client client = Client.linked()) {
            assertThat(client.does(how + " " + list(Servers.standby().port(), conmgr.port())))
                    .startsWith(at(Servers.standby()));
            assertThat(client.does("quiet 0")).isEqualTo("none");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void aServerThatIsNotWhatIsWantedLeadsToTheConmgrBehindIt(String how) {
        try (Client client = Client.linked()) {
            String list = list(Servers.standby().port(), conmgr.port()) + " target_session_attrs=primary";
            assertThat(client.does(how + " " + list)).startsWith(at(Servers.primary()));
            assertThat(client.does("quiet 0")).isEqualTo("silent");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void plainServersAreLibpqsOwn(String how) {
        try (Client client = Client.linked()) {
            assertThat(client.does(how + " "
                            + list(Servers.primary().port(), Servers.standby().port())
                            + " target_session_attrs=standby"))
                    .startsWith(at(Servers.standby()));
            assertThat(client.does("quiet 0")).isEqualTo("none");
            assertThat(client.does("finish")).as("0, 1, 2").isEqualTo("3");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start", "login"})
    void aPlainServerIsAskedOnce(String how) throws Exception {
        try (FakeServer server = new FakeServer();
                Client client = Client.linked("PGSSLMODE", "disable", "PGGSSENCMODE", "disable")) {
            String where = how.equals("login") ? "127.0.0.1 " + server.port() : list(server.port());
            assertThat(client.does(how + " " + where)).startsWith("OK 127.0.0.1:" + server.port());
            assertThat(server.connections())
                    .as("connections: one for the ask, one for the login")
                    .isEqualTo(2);
        }
    }

    @Test
    void aPingOfAPlainServerAsksOnce() throws Exception {
        try (FakeServer server = new FakeServer();
                Client client = Client.linked("PGSSLMODE", "disable", "PGGSSENCMODE", "disable")) {
            assertThat(client.does("ping " + list(server.port()))).isEqualTo("0");
            assertThat(server.connections())
                    .as("connections: one for the ask, one for the ping")
                    .isEqualTo(2);
        }
    }

    @Test
    void aPingOfASilentServerSaysSo() throws Exception {
        try (BlackHole hole = new BlackHole();
                Client client = Client.linked()) {
            assertThat(client.does("ping " + list(hole.port()) + " connect_timeout=2"))
                    .as("PQPING_NO_RESPONSE")
                    .isEqualTo("2");
        }
    }

    @Test
    void aPingGoesOnBehindTheInstancesOfAConmgr() throws Exception {
        int closed = FreePort.next();
        conmgr.answer(ask -> new Frame.Routed(0, "127.0.0.1", "", closed, "primary", true, List.of()));
        try (Client client = Client.linked()) {
            assertThat(client.does(
                            "ping " + list(conmgr.port(), Servers.standby().port())))
                    .isEqualTo("0");
            assertThat(client.does("ping " + list(conmgr.port(), refusing.port(), closed)))
                    .as("PQPING_REJECT, for a conmgr is there")
                    .isEqualTo("1");
            assertThat(client.does("ping " + list(conmgr.port(), closed))).isEqualTo("2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void aRefusalSaysWhatConmgrSays(String how) {
        assertThat(connect(how, list(refusing.port())))
                .isEqualTo("BAD connection to conmgr at \"127.0.0.1\", port " + refusing.port()
                        + " failed: no instance with target_session_attrs=x: 0 (down: timed out 3.1 s ago)|");
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void everyHostSaysWhyItFailed(String how) throws Exception {
        int closed = FreePort.next();
        assertThat(connect(how, list(refusing.port(), closed)))
                .contains("connection to conmgr at \"127.0.0.1\", port " + refusing.port() + " failed: no instance")
                .contains("connection to server at \"127.0.0.1\", port " + closed + " failed: Connection refused");
        assertThat(connect(how, list(closed))).contains("Connection refused").doesNotContain("conmgr");
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void anyIsTakenWhenNoneIsPreferred(String how) throws Exception {
        conmgr.answer(ask -> FakeConmgr.route(Servers.primary()));
        String list = list(conmgr.port(), Servers.standby().port()) + " target_session_attrs=prefer-standby";
        assertThat(connect("connect", list)).startsWith(at(Servers.primary()));
        assertThat(connect(how, list(conmgr.port(), FreePort.next()) + " target_session_attrs=prefer-standby"))
                .startsWith(at(Servers.primary()));
    }

    @Test
    void theNextConmgrIsAskedWhenTheFirstOnesInstancesFail() throws Exception {
        int closed = FreePort.next();
        try (FakeConmgr behind =
                new FakeConmgr(ask -> new Frame.Routed(0, "127.0.0.1", "", closed, "primary", true, List.of()))) {
            assertThat(connect("connect", list(behind.port(), conmgr.port()) + " target_session_attrs=standby"))
                    .startsWith(at(Servers.standby()));
        }
    }

    @Test
    void anInstanceIsWatchedThatIsFoundBehindItsConmgr() throws Exception {
        try (FakeServer server = new FakeServer();
                Client client = Client.linked("PGSSLMODE", "disable", "PGGSSENCMODE", "disable")) {
            conmgr.answer(ask -> new Frame.Routed(0, "127.0.0.1", "", server.port(), "primary", true, List.of()));
            server.dropsOne();
            assertThat(client.does("connect " + list(conmgr.port(), server.port())))
                    .startsWith("OK 127.0.0.1:" + server.port());
            assertThat(client.does("quiet 0")).isEqualTo("silent");
            conmgr.lastBound().down("dead");
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  dead");
        }
    }

    @Test
    void anEmptyPortIsTheDefault() {
        // Whoever is there, or nobody: conmgr and the program mean the same place.
        conmgr.answer(ask -> new Frame.Routed(0, "127.0.0.1", "", 5432, "primary", true, List.of()));
        try (Client client = Client.linked()) {
            for (String list : List.of(list(conmgr.port(), ""), list("", conmgr.port()))) {
                assertThat(client.does("connect " + list + " connect_timeout=2"))
                        .as("says where it is, or what failed there")
                        .contains("5432");
                assertThat(client.does("option port")).as(list).isIn("5432", "5432,5432");
                client.does("finish");
            }
        }
    }

    @Test
    void wrongListsAreRefusedByLibpq() {
        assertThat(connect("connect", "host=127.0.0.1,127.0.0.1,127.0.0.1 port=1,2"))
                .contains("could not match");
        assertThat(connect("connect", list(conmgr.port()) + " target_session_attrs=leader"))
                .contains("leader");
        assertThat(connect("connect", "nonsense")).contains("missing \"=\"");
        assertThat(connect("start", "host=127.0.0.1 nonsense=1")).contains("invalid connection option");
    }

    @Test
    void oneHostaddrOfTheEnvironmentDoesNotStickToTheInstance() {
        assertThat(connect("connect", "host=conmgr.invalid port=" + conmgr.port(), "PGHOSTADDR", "127.0.0.1"))
                .startsWith(at(Servers.primary()));
    }

    @Test
    void anAnsweredAddressIsUsedAndItsNameIsKept() throws Exception {
        conmgr.answer(ask -> new Frame.Routed(
                3, "db3.invalid", "127.0.0.1", Servers.primary().port(), "primary", true, List.of("db4.invalid:1")));
        assertThat(connect("connect", list(conmgr.port())))
                .startsWith("OK db3.invalid:" + Servers.primary().port());
    }

    @Test
    void soAreTheAddressesOfTheOthers() throws Exception {
        conmgr.answer(ask -> new Frame.Routed(
                3,
                "db3.invalid",
                "127.0.0.1",
                Servers.primary().port(),
                "primary",
                true,
                List.of("127.0.0.1:1", "db5.invalid:" + Servers.standby().port()),
                List.of("", "127.0.0.1")));
        assertThat(connect("connect", list(conmgr.port()) + " target_session_attrs=standby"))
                .startsWith("OK db5.invalid:" + Servers.standby().port());
    }

    @Test
    void theOldWayToConnect() {
        try (Client client = Client.linked()) {
            assertThat(client.does("login 127.0.0.1 " + conmgr.port())).startsWith(at(Servers.primary()));
            assertThat(client.does("quiet 0")).isEqualTo("silent");
        }
    }

    @Test
    void conmgrsConsoleIsNotRouted() {
        assertThat(connect("connect", list(conmgr.port()) + " dbname=conmgr")).startsWith("BAD");
        assertThat(conmgr.applications()).as("asks").isEmpty();
    }

    @Test
    void canBeTurnedOff() {
        assertThat(connect("connect", list(conmgr.port()), "PGCONMGR", "off")).startsWith("BAD");
        assertThat(conmgr.applications()).as("asks").isEmpty();
    }

    @Test
    void aWrongPasswordIsNotTriedElsewhere() {
        String conninfo = list(conmgr.port(), refusing.port()) + " user=app password=wrong";
        assertThat(connect("connect", conninfo))
                .contains("password authentication failed")
                .doesNotContain("conmgr");
        assertThat(refusing.applications()).isEmpty();
    }

    @Test
    void connectTimeoutIsForAFrozenConmgrToo() throws Exception {
        try (ServerSocket frozen = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            try (Client client = Client.linked()) {
                long begun = System.nanoTime();
                assertThat(client.does("connect " + list(frozen.getLocalPort()) + " connect_timeout=2"))
                        .contains("port " + frozen.getLocalPort() + " failed: timeout expired");
                long took = (System.nanoTime() - begun) / 1_000_000;
                System.out.println("a frozen conmgr, connect_timeout 2 s: " + took + " ms");
                assertThat(took).isBetween(1_900L, 3_900L);
            }
            try (Client client = Client.linked()) {
                assertThat(client.does("connect " + list(frozen.getLocalPort(), conmgr.port()) + " connect_timeout=3"))
                        .startsWith(at(Servers.primary()));
                assertThat(client.does("option connect_timeout"))
                        .as("what another host has taken is not the instance's")
                        .isEqualTo("3");
            }
        }
    }

    @Test
    void silentHostsDoNotHideTheConmgrBehindThemFromAnAsynchronousStart() throws Exception {
        try (ServerSocket frozen = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                BlackHole hole = new BlackHole();
                Client client = Client.linked()) {
            assertThat(client.does("start " + list(hole.port(), frozen.getLocalPort(), conmgr.port())))
                    .startsWith(at(Servers.primary()));
            assertThat(client.does("quiet 0")).isEqualTo("silent");
            assertThat(client.does("option port"))
                    .as("libpq does not wait for them before it has tried the instances")
                    .endsWith("," + hole.port() + "," + frozen.getLocalPort());
        }
    }

    @Test
    void aSilentHostBehindTheConmgrHardlyHoldsUpAnAsynchronousStart() throws Exception {
        try (ServerSocket frozen = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Client client = Client.linked()) {
            String answer = client.does("start " + list(conmgr.port(), frozen.getLocalPort()));
            assertThat(answer).startsWith(at(Servers.primary()));
            assertThat(Double.parseDouble(answer.split(" ", -1)[2]))
                    .as("milliseconds in PQconnectStart")
                    .isLessThan(1000);
        }
    }

    @Test
    void aFrozenConmgrAloneHoldsUpAnAsynchronousStartForASecond() throws Exception {
        try (ServerSocket frozen = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Client client = Client.linked()) {
            client.tell("start " + list(frozen.getLocalPort()));
            // The rest is libpq's own: it waits for the silent host, which closes the connection now.
            Await.until("libpq speaks", () -> {
                try (Socket asked = frozen.accept();
                        Socket plain = frozen.accept()) {
                    return asked.isConnected() && plain.getInputStream().read() >= 0;
                }
            });
            assertThat(client.answer()).startsWith("BAD");
        }
    }

    @Test
    void anAskTakesWellBelowAMillisecond() {
        List<Double> routed = new ArrayList<>(), plain = new ArrayList<>();
        try (Client client = Client.linked()) {
            for (int i = 0; i < 40; i++) {
                for (boolean way : new boolean[] {true, false}) {
                    int port = way ? conmgr.port() : Servers.primary().port();
                    String answer = client.does("start " + list(port) + (way ? "" : " options=-cwork_mem=4MB"));
                    assertThat(answer).startsWith(at(Servers.primary()));
                    (way ? routed : plain).add(Double.parseDouble(answer.split(" ", -1)[2]));
                    client.does("finish");
                }
            }
        }
        Collections.sort(routed);
        Collections.sort(plain);
        System.out.printf(
                "PQconnectStart, medians: %.3f ms by conmgr, %.3f ms straight to a server%n",
                routed.get(20), plain.get(20));
        assertThat(routed.get(0)).isLessThan(5);
    }
}
