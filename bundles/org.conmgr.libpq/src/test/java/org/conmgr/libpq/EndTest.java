package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.util.List;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.BlackHole;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a connection learns of conmgr's words, and of conmgr's end; and how it begins anew. */
class EndTest {
    private static final String REASON = "conmgr declared instance 7 (db1:5432) dead: timed out: silent for 1.0 s";

    private FakeConmgr conmgr;

    @BeforeAll
    static void require() {
        Companion.require("cc");
    }

    @BeforeEach
    void start() throws Exception {
        conmgr = new FakeConmgr(ask -> FakeConmgr.route(
                ask.instance().equals(FakeConmgr.address(Servers.otherStandby()))
                        ? Servers.otherStandby()
                        : Servers.standby(),
                Servers.otherStandby(),
                Servers.primary()));
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
    }

    private String conninfo() {
        return "host=127.0.0.1 target_session_attrs=standby port=" + conmgr.port();
    }

    private static String at(EmbeddedInstance instance) {
        return "OK 127.0.0.1:" + instance.port() + " ";
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void anIdleConnectionIsToldAndSaysWhy(String how) throws Exception {
        try (Client client = Client.linked()) {
            assertThat(client.does(how + " " + conninfo())).startsWith(at(Servers.standby()));
            FakeConmgr.Application application = conmgr.bound(0);
            assertThat(client.does("query select inet_client_port()"))
                    .isEqualTo(Integer.toString(application.bounds().get(0).port()));
            application.write(new byte[] {'?', 0, 0, 0, 5, 0}); // of a version to come
            assertThat(client.does("quiet 200")).isEqualTo("silent");
            application.down(REASON);
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  " + REASON + "|server closed");
            assertThat(client.does("quiet 0")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  " + REASON);
            assertThat(client.does("finish"))
                    .as("0, 1, 2 and two of the watcher")
                    .isEqualTo("5");
            client.ends();
        }
    }

    @Test
    void aBlockedQueryWakes() throws Exception {
        try (Client client = Client.linked()) {
            client.does("connect " + conninfo());
            client.tell("query select pg_sleep(600)");
            Servers.awaitSleeper(Servers.standby());
            conmgr.bound(0).down(REASON);
            assertThat(client.answer()).startsWith("BAD FATAL:  " + REASON);
        } finally {
            Servers.endSleepers(Servers.standby());
        }
    }

    @Test
    void aConnectThatWaitsForItsHostWakes() throws Exception {
        try (BlackHole hole = new BlackHole();
                Client client = Client.linked()) {
            conmgr.answer(ask -> new Frame.Routed(0, "127.0.0.1", "", hole.port(), "standby", true, List.of()));
            client.tell("connect " + conninfo());
            until("it waits for the host", hole::swallows);
            long told = System.nanoTime();
            conmgr.applications().get(0).down(REASON);
            assertThat(client.answer()).startsWith("BAD FATAL:  " + REASON);
            assertThat((System.nanoTime() - told) / 1_000_000)
                    .as("milliseconds; the kernel sends its SYN again after 1, 3, 7 s")
                    .isLessThan(5_000);
        }
    }

    @Test
    void conmgrsOwnEndIsTheSame() throws Exception {
        try (Client client = Client.linked()) {
            client.does("connect " + conninfo());
            conmgr.bound(0);
            conmgr.close();
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1"))
                    .startsWith("BAD FATAL:  conmgr 127.0.0.1:" + conmgr.port() + " is gone: it closed the connection;"
                            + " nobody watches instance " + Servers.standby().port() % 10);
        }
    }

    @Test
    void conmgrsMachineMayDieWithoutAWord() {
        try (Client client = Client.linked()) {
            assertThat(client.does("connect " + conninfo())).startsWith(at(Servers.standby()));
            assertThat(client.does("keepalive " + conmgr.port()))
                    .as("of the idle connection to conmgr: on, idle s, interval s, probes")
                    .isEqualTo("1 5 1 5");
        }
    }

    @Test
    void aConnectionThatIsToBeKeptIsWatchedAgainWhenConmgrIsBack() throws Exception {
        try (Client client = Client.linked("PGCONMGRLOSS", "keep")) {
            client.does("connect " + conninfo());
            conmgr.bound(0);
            conmgr.close();
            assertThat(client.does("quiet 300")).isEqualTo("silent");
            assertThat(client.does("query select 1")).isEqualTo("1");
            conmgr = new FakeConmgr(ask -> FakeConmgr.route(Servers.standby()), conmgr.port());
            FakeConmgr.Application again = conmgr.bound(0);
            assertThat(again.ask().instance()).isEqualTo(FakeConmgr.address(Servers.standby()));
            again.down(REASON);
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  " + REASON);
        }
    }

    @Test
    void aConnectionThatIsToBeKeptEndsWhenItsInstanceHasDiedMeanwhile() throws Exception {
        try (Client client = Client.linked("PGCONMGRLOSS", "keep")) {
            client.does("connect " + conninfo());
            conmgr.bound(0);
            client.tell("query select pg_sleep(600)");
            Servers.awaitSleeper(Servers.standby());
            conmgr.close();
            conmgr = new FakeConmgr(ask -> new Frame.Down(7, "dead", REASON), conmgr.port());
            assertThat(client.answer()).startsWith("BAD FATAL:  " + REASON);
        } finally {
            Servers.endSleepers(Servers.standby());
        }
    }

    /** To where nobody listens, with the other standby behind it. */
    private static Frame.Routed toNobody() throws IOException {
        return new Frame.Routed(
                9,
                "127.0.0.1",
                "",
                FreePort.next(),
                "standby",
                true,
                List.of(FakeConmgr.address(Servers.otherStandby())));
    }

    @Test
    void aNewConnectionDoesNotEndByWhatConmgrKnewBefore() throws Exception {
        Frame.Routed lost = toNobody();
        conmgr.answer(ask -> ask.instance().isEmpty() ? lost : new Frame.Down(7, "dead", REASON));
        try (Client client = Client.linked()) {
            assertThat(client.does("connect " + conninfo())).startsWith(at(Servers.otherStandby()));
            until("asked three times", () -> conmgr.applications().size() >= 4);
            assertThat(client.does("query select 1")).isEqualTo("1");
            conmgr.answer(ask -> FakeConmgr.route(Servers.otherStandby()));
            conmgr.lastBound().down("now");
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  now");
        }
    }

    @Test
    void whetherItIsToBeKeptIsReadWhenItConnects() throws Exception {
        try (Client client = Client.linked()) {
            client.does("connect " + conninfo());
            conmgr.bound(0);
            assertThat(client.does("setenv PGCONMGRLOSS keep")).isEqualTo("keep");
            conmgr.close();
            assertThat(client.does("await")).isEqualTo("readable");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "start"})
    void anInstanceBehindTheChosenOneIsWatchedInstead(String how) throws Exception {
        Frame.Routed lost = toNobody();
        conmgr.answer(ask -> ask.instance().isEmpty() ? lost : FakeConmgr.route(Servers.otherStandby()));
        try (Client client = Client.linked()) {
            assertThat(client.does(how + " " + conninfo())).startsWith(at(Servers.otherStandby()));
            assertThat(conmgr.bound(1).ask().instance()).isEqualTo(FakeConmgr.address(Servers.otherStandby()));
            until("the first ask is over", () -> conmgr.applications().get(0).gone());
            assertThat(client.does("quiet 0")).isEqualTo("silent");
            conmgr.bound(1).down(REASON);
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  " + REASON);
        }
    }

    @Test
    void aConmgrThatIsBehindIsAskedAgainUntilItSeesTheInstance() throws Exception {
        Frame.Routed lost = toNobody();
        conmgr.answer(ask -> ask.instance().isEmpty() ? lost : new Frame.Refused("08001", "not yet"));
        try (Client client = Client.linked()) {
            assertThat(client.does("connect " + conninfo())).startsWith(at(Servers.otherStandby()));
            until("asked three times", () -> conmgr.applications().size() >= 4);
            assertThat(client.does("query select 1")).isEqualTo("1");
            conmgr.answer(ask -> FakeConmgr.route(Servers.otherStandby()));
            until("bound", () -> conmgr.applications().stream()
                    .anyMatch(one -> !one.bounds().isEmpty()));
            conmgr.applications().get(conmgr.applications().size() - 1).down(REASON);
            assertThat(client.does("await")).isEqualTo("readable");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "resetstart"})
    void aResetIsWatchedAgain(String how) throws Exception {
        try (Client client = Client.linked()) {
            client.does("connect " + conninfo());
            conmgr.bound(0).down(REASON);
            client.does("await");
            assertThat(client.does(how)).startsWith(at(Servers.standby()));
            assertThat(client.does("quiet 100")).isEqualTo("silent");
            assertThat(client.does("query select 1")).isEqualTo("1");
            conmgr.bound(1).down("again");
            assertThat(client.does("await")).isEqualTo("readable");
            assertThat(client.does("query select 1")).startsWith("BAD FATAL:  again");
        }
    }

    @Test
    void aResetWatchesTheInstanceItComesToWhateverConmgrWouldChoose() throws Exception {
        try (Client client = Client.linked()) {
            client.does("connect " + conninfo());
            conmgr.bound(0).down(REASON);
            client.does("await");
            // Both are alive; conmgr would take the other one, libpq the first of its list.
            conmgr.answer(ask -> ask.instance().isEmpty()
                    ? FakeConmgr.route(Servers.otherStandby(), Servers.standby())
                    : FakeConmgr.route(Servers.standby()));
            assertThat(client.does("reset")).startsWith(at(Servers.standby()));
            assertThat(conmgr.bound(2).ask().instance()).isEqualTo(FakeConmgr.address(Servers.standby()));
            assertThat(client.does("quiet 100")).isEqualTo("silent");
        }
    }

    @Test
    void aResetDoesNotWaitForAnInstanceThatIsDead() throws Exception {
        try (Client client = Client.linked()) {
            client.does("connect " + conninfo());
            Servers.standby().freeze();
            conmgr.bound(0).down(REASON);
            client.does("await");
            conmgr.answer(ask -> FakeConmgr.route(Servers.otherStandby()));
            // The kernel of a frozen one accepts connections.
            assertThat(client.does("reset")).startsWith(at(Servers.otherStandby()));
            assertThat(client.does("resetstart")).startsWith(at(Servers.otherStandby()));
        } finally {
            Servers.standby().thaw();
        }
    }

    @Test
    void aForkedChildHasNoPartInIt() throws Exception {
        try (Client client = Client.linked()) {
            client.does("connect " + conninfo());
            conmgr.bound(0);
            assertThat(client.does("fork")).startsWith("child none OK 127.0.0.1:");
            assertThat(client.answer()).isEqualTo("child ended 0");
            assertThat(client.does("query select 1")).isEqualTo("1");
            assertThat(client.does("quiet 0")).isEqualTo("silent");
            conmgr.bound(0).down(REASON);
            assertThat(client.does("await")).isEqualTo("readable");
        }
    }

    @Test
    void aForkWaitsForNoThreadThatHasStayedBehind() {
        Program.Result result = Companion.plain(Companion.compile(Companion.testProgram("forks.c"), true), "500")
                .result();
        assertThat(result.out()).as(result.all()).isEqualTo("held up: 0\n");
    }

    @Test
    void theExamplesDoIt() throws Exception {
        for (String example : List.of("synchronous", "asynchronous")) {
            String program = Companion.compile(Companion.example(example), true);
            try (Program sleeping =
                    Companion.plain(program, conninfo(), "select pg_sleep(600)").start()) {
                int number = conmgr.applications().size();
                Servers.awaitSleeper(Servers.standby());
                conmgr.bound(Math.max(0, number - 1)).down(REASON);
                Program.Result result = sleeping.result();
                // The connection ends just before conmgr's word can be read, so a poll may wake between them.
                assertThat(result.out())
                        .matches("connected to 127.0.0.1:" + Servers.standby().port() + "\n(conmgr has told\n)?");
                assertThat(result.err()).contains("connection BAD\nFATAL:  " + REASON);
            } finally {
                Servers.endSleepers(Servers.standby());
            }
            conmgr.close();
            start();
        }
    }
}
