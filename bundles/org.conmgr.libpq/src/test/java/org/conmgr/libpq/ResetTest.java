package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.testkit.BlackHole;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a connection can be reset to: whoever its program's list leads to, also when it led nowhere at first. */
class ResetTest {
    private static final String REFUSAL = "no instance with target_session_attrs=any: 0 (down: timed out 3.1 s ago)";

    private FakeConmgr conmgr;
    private FakeServer server;

    @BeforeAll
    static void require() {
        Companion.require("cc");
    }

    @BeforeEach
    void start() throws Exception {
        server = new FakeServer();
        conmgr = new FakeConmgr(ask -> route(server));
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
        server.close();
    }

    private static Frame.Routed route(FakeServer chosen, FakeServer... others) {
        return new Frame.Routed(
                0,
                "127.0.0.1",
                "",
                chosen.port(),
                "primary",
                true,
                List.of(others).stream().map(ResetTest::address).toList());
    }

    private static String address(FakeServer server) {
        return "127.0.0.1:" + server.port();
    }

    /** A refusal that names who there is. */
    private static Frame.Refused refusal(FakeServer... known) {
        return new Frame.Refused(
                "08001",
                REFUSAL,
                List.of(known).stream().map(ResetTest::address).toList(),
                List.of());
    }

    private static String list(Object... ports) {
        StringBuilder hosts = new StringBuilder("host="), list = new StringBuilder(" port=");
        for (int i = 0; i < ports.length; i++) {
            hosts.append(i == 0 ? "" : ",").append("127.0.0.1");
            list.append(i == 0 ? "" : ",").append(ports[i]);
        }
        return hosts + list.toString() + " sslmode=disable gssencmode=disable password=secret connect_timeout=2";
    }

    private static String at(FakeServer server) {
        return "OK " + address(server) + " ";
    }

    private String refused() {
        return "BAD connection to conmgr at \"127.0.0.1\", port " + conmgr.port() + " failed: " + REFUSAL + "|";
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "resetstart"})
    void failsAtOnceWhenConmgrKnowsNobody(String how) throws Exception {
        try (Client client = Client.linked()) {
            assertThat(client.does("connect " + list(conmgr.port()) + " connect_timeout=0"))
                    .startsWith(at(server));
            server.close();
            try (BlackHole hole = new BlackHole(server.port())) {
                conmgr.bound(0).down("dead");
                conmgr.answer(ask -> refusal(server));
                long begun = System.nanoTime();
                assertThat(client.does(how)).isEqualTo(refused());
                assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun))
                        .as("seconds")
                        .isLessThan(5);
                assertThat(hole.swallows()).isFalse();
                assertThat(client.does(how)).isEqualTo(refused());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"connect, reset", "connect, resetstart", "start, reset", "start, resetstart"})
    void findsWhomConmgrNamesAfterItHasRefused(String how, String again) throws Exception {
        conmgr.answer(ask -> refusal(server));
        try (Client client = Client.linked()) {
            assertThat(client.does(how + " " + list(conmgr.port()))).isEqualTo(refused());
            assertThat(client.does("option sslmode")).isEqualTo("disable");
            assertThat(client.does("option password")).isEqualTo("secret");
            assertThat(client.does("password")).isEqualTo("secret");
            assertThat(client.does(again)).isEqualTo(refused());
            conmgr.answer(ask -> route(server));
            assertThat(client.does(again)).startsWith(at(server));
            assertThat(client.does("quiet 0")).isEqualTo("silent");
            conmgr.lastBound().down("dead");
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("finish"))
                    .as("0, 1, 2 and two of the watcher")
                    .isEqualTo("5");
        }
    }

    @Test
    void saysWhenConmgrNamesSomebodyNew() throws Exception {
        conmgr.answer(ask -> refusal());
        try (Client client = Client.linked()) {
            assertThat(client.does("connect " + list(conmgr.port()))).isEqualTo(refused());
            conmgr.answer(ask -> route(server));
            assertThat(client.does("reset"))
                    .startsWith("BAD connection to conmgr")
                    .contains("must be made anew");
            assertThat(server.connections()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "resetstart"})
    void findsAPlainServerThatWasNotThereForAMoment(String how) throws Exception {
        try (Client client = Client.linked()) {
            int port;
            try (BlackHole hole = new BlackHole()) {
                port = hole.port();
                assertThat(client.does("connect " + list(port))).endsWith("failed: timeout expired|");
                assertThat(client.does("option host")).isEqualTo("127.0.0.1");
            }
            server.close();
            server = new FakeServer(port);
            assertThat(client.does(how)).startsWith(at(server));
        }
    }

    @Test
    void findsTheFirstOfTwoPlainServersAgain() throws Exception {
        try (Client client = Client.linked()) {
            int port;
            try (BlackHole hole = new BlackHole()) {
                port = hole.port();
                assertThat(client.does("connect " + list(port, server.port()))).startsWith(at(server));
            }
            server.close();
            server = new FakeServer(port);
            assertThat(client.does("reset")).startsWith(at(server));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void findsAPlainServerBehindTheConmgr(String how) throws Exception {
        try (Client client = Client.linked();
                FakeServer plain = new FakeServer()) {
            assertThat(client.does(how + " " + list(conmgr.port(), plain.port())))
                    .startsWith(at(server));
            server.close();
            conmgr.answer(ask -> refusal(server));
            assertThat(client.does("reset")).startsWith(at(plain));
            assertThat(client.does("quiet 0")).isEqualTo("none");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void watchesAPlainServerThatConmgrKnowsNow(boolean chosen) throws Exception {
        FakeServer gone = new FakeServer();
        gone.close();
        try (Client client = Client.linked()) {
            assertThat(client.does("connect " + list(conmgr.port(), gone.port())))
                    .startsWith(at(server));
            conmgr.bound(0).down("dead");
            server.close();
            try (FakeServer back = new FakeServer(gone.port());
                    FakeServer unlisted = new FakeServer()) {
                conmgr.answer(ask -> chosen || !ask.instance().isEmpty() ? route(back) : route(unlisted, back));
                assertThat(client.does("reset")).startsWith(at(back));
                assertThat(client.does("quiet 0")).isEqualTo("silent");
                conmgr.lastBound().down("dead again");
                assertThat(client.does("query select 1")).startsWith("BAD FATAL:  dead again");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void leavesAServerToTheProgramThatConmgrDoesNotLeadTo(String how) throws Exception {
        conmgr.answer(ask -> ask.instance().isEmpty() ? refusal(server) : new Frame.Down(0, "dead", REFUSAL));
        try (Client client = Client.linked()) {
            assertThat(client.does(how + " " + list(conmgr.port(), server.port())))
                    .startsWith(at(server));
            assertThat(conmgr.applications()).as("nobody asks for the server").hasSize(1);
            assertThat(client.does("quiet 0")).isEqualTo("none");
            assertThat(client.does("reset")).startsWith(at(server));
            assertThat(client.does("quiet 0")).isEqualTo("none");
            conmgr.answer(ask -> route(server));
            assertThat(client.does("reset")).startsWith(at(server));
            conmgr.lastBound().down("dead");
            assertThat(client.does("await")).as("conmgr has led to it").isEqualTo("readable");
        }
    }

    @Test
    void findsTheNextConmgrBehindASilentHost() throws Exception {
        try (Client client = Client.linked();
                FakeServer other = new FakeServer();
                ServerSocket frozen = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                FakeConmgr next = new FakeConmgr(ask -> route(other, server))) {
            conmgr.answer(ask -> route(server, other));
            assertThat(client.does("connect " + list(conmgr.port(), frozen.getLocalPort(), next.port())))
                    .startsWith(at(server));
            conmgr.close();
            server.close();
            assertThat(client.does("reset")).startsWith(at(other));
            next.lastBound().down("dead");
            assertThat(client.does("await")).isEqualTo("readable");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "resetstart"})
    void passesByWhomASilentConmgrHasJustDeclaredDead(String how) throws Exception {
        try (Client client = Client.linked();
                FakeServer other = new FakeServer()) {
            conmgr.answer(ask -> route(server, other));
            assertThat(client.does("connect " + list(conmgr.port()))).startsWith(at(server));
            conmgr.bound(0).down("dead");
            conmgr.answer(ask -> ask.instance().isEmpty() ? new CompletableFuture<Frame>().join() : route(other));
            assertThat(client.does(how)).startsWith(at(other));
        }
    }

    @Test
    void triesWhomASilentConmgrHasDeclaredDeadWhenThereIsNobodyElse() throws Exception {
        try (Client client = Client.linked()) {
            assertThat(client.does("connect " + list(conmgr.port()))).startsWith(at(server));
            conmgr.bound(0).down("dead");
            conmgr.answer(ask -> ask.instance().isEmpty() ? new CompletableFuture<Frame>().join() : route(server));
            assertThat(client.does("reset")).startsWith(at(server));
        }
    }

    @Test
    void findsTheNextConmgrWhenTheFirstIsGone() throws Exception {
        try (Client client = Client.linked();
                FakeServer other = new FakeServer();
                FakeConmgr next = new FakeConmgr(ask -> route(other, server))) {
            conmgr.answer(ask -> route(server, other));
            assertThat(client.does("connect " + list(conmgr.port(), next.port())))
                    .startsWith(at(server));
            conmgr.close();
            server.close();
            assertThat(client.does("reset")).startsWith(at(other));
            next.lastBound().down("dead");
            assertThat(client.does("await")).isEqualTo("readable");
        }
    }
}
