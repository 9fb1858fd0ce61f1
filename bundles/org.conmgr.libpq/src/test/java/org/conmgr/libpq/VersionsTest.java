package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.embedded.EmbeddedBinaries;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The libpq of each version of PostgreSQL, as its own build has it. */
class VersionsTest {
    @BeforeAll
    static void require() {
        Companion.require("cc");
    }

    @ParameterizedTest
    @ValueSource(ints = {13, 14, 15, 16, 17, 18})
    void connectsIsToldAndBeginsAnew(int version) throws Exception {
        String libraries =
                EmbeddedBinaries.ofMajor(version).home().resolve("lib").toString();
        try (FakeConmgr conmgr = new FakeConmgr(ask -> FakeConmgr.route(Servers.primary(), Servers.standby()));
                Client client = Client.linked("LD_LIBRARY_PATH", libraries)) {
            String conninfo = "host=127.0.0.1 target_session_attrs=read-write port=" + conmgr.port();
            for (String how : List.of("connect ", "start ")) {
                assertThat(client.does(how + conninfo))
                        .startsWith("OK 127.0.0.1:" + Servers.primary().port());
                conmgr.lastBound().down("declared dead");
                assertThat(client.does("await")).isEqualTo("readable");
                assertThat(client.does("query select 1")).startsWith("BAD FATAL:  declared dead");
                for (String again : List.of("reset", "resetstart")) {
                    assertThat(client.does(again)).startsWith("OK");
                    assertThat(client.does("quiet 0")).isEqualTo("silent");
                }
                client.does("finish");
            }
            for (String how : List.of("connect ", "start ")) {
                conmgr.answer(ask -> new Frame.Refused(
                        "08001", "nobody is there", List.of(FakeConmgr.address(Servers.primary())), List.of()));
                assertThat(client.does(how + conninfo)).contains("nobody is there");
                for (String again : List.of("reset", "resetstart")) {
                    assertThat(client.does(again)).contains("nobody is there");
                }
                conmgr.answer(ask -> FakeConmgr.route(Servers.primary(), Servers.standby()));
                assertThat(client.does("reset")).startsWith("OK");
                client.does("finish");
            }
            client.ends();
        }
    }
}
