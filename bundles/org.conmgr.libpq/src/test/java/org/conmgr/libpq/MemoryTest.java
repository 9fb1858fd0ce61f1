package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.conmgr.direct.protocol.Frame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory, descriptors, threads: under valgrind, and with the compiler's sanitizers in the companion itself. */
class MemoryTest {
    private static final String[] SANITIZERS = {
        "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"
    };

    private FakeServer server;
    private FakeConmgr conmgr;

    @BeforeAll
    static void require() {
        Companion.require("cc", "valgrind");
    }

    @BeforeEach
    void start() throws Exception {
        server = new FakeServer();
        conmgr = new FakeConmgr(ask -> new Frame.Routed(
                0, "127.0.0.1", "", server.port(), "primary", true, List.of("127.0.0.2:" + server.port())));
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
        server.close();
    }

    private String conninfo() {
        return "host=127.0.0.1 user=x sslmode=disable gssencmode=disable port=" + conmgr.port();
    }

    @Test
    void tenThousandConnectsLeakNothing() throws Exception {
        String program = Companion.compile(Companion.testProgram("connects.c"), true);
        Program.Result result = Companion.plain(
                        "valgrind",
                        "--quiet",
                        "--leak-check=full",
                        "--show-leak-kinds=definite,indirect,possible",
                        "--errors-for-leak-kinds=definite,indirect,possible",
                        "--error-exitcode=99",
                        "--track-fds=no",
                        program,
                        "10000",
                        conninfo())
                .result();
        assertThat(result.status()).as(result.all()).isZero();
        assertThat(result.out()).startsWith("failures 0, descriptors left 0, ");
        assertThat(conmgr.applications()).hasSizeGreaterThan(10_000);
        System.out.println("10,000 connects under valgrind: " + result.out());
    }

    /** The companion and a program, both built with the sanitizers. */
    private static String sanitized(String source) {
        Path library = Companion.WORK.resolve("sanitized");
        if (!Files.exists(library.resolve("libpqconmgr.so"))) {
            List<String> build = new java.util.ArrayList<>(
                    List.of("sh", Companion.SOURCES.resolve("main/c/build").toString(), library.toString(), "cc"));
            build.addAll(List.of(SANITIZERS));
            Program.Result result = new Program(build).result();
            assertThat(result.status()).as(result.all()).isZero();
        }
        List<String> options = new java.util.ArrayList<>(List.of(SANITIZERS));
        options.addAll(List.of("-L" + library, "-lpqconmgr", "-Wl,-rpath," + library));
        return Companion.compile(Companion.testProgram(source), false, options.toArray(String[]::new));
    }

    @Test
    void manyThreadsAtOnce() {
        Program.Result result = Companion.plain(sanitized("connects.c"), "2000", conninfo(), "8")
                .result();
        assertThat(result.status()).as(result.all()).isZero();
        assertThat(result.out()).startsWith("failures 0, descriptors left 0, ");
        System.out.println("2,000 connects on 8 threads with sanitizers: " + result.out());
    }

    @Test
    void aWholeLifeWithSanitizers() throws Exception {
        FakeConmgr real = new FakeConmgr(ask -> FakeConmgr.route(Servers.standby(), Servers.otherStandby()));
        try (real;
                Client client = Client.of(sanitized("session.c"))) {
            String list = "host=127.0.0.1,127.0.0.1 port=1," + real.port();
            for (String how : List.of("connect ", "start ")) {
                assertThat(client.does(how + list)).startsWith("OK");
                real.lastBound().down("declared dead");
                assertThat(client.does("await")).isEqualTo("readable");
                assertThat(client.does("query select 1")).startsWith("BAD FATAL:  declared dead");
                assertThat(client.does("reset")).startsWith("OK");
                assertThat(client.does("resetstart")).startsWith("OK");
                assertThat(client.does("fork")).startsWith("child none OK");
                assertThat(client.answer()).isEqualTo("child ended 0");
                client.does("finish");
                real.answer(ask -> new Frame.Refused("08001", "nobody"));
                assertThat(client.does(how + list)).contains("nobody");
                client.does("reset");
                client.does("finish");
                real.answer(ask -> FakeConmgr.route(Servers.standby(), Servers.otherStandby()));
            }
            client.ends();
        }
    }

    @Test
    void framesThatNoConmgrSends() {
        Path sources = Companion.SOURCES.resolve("main/c");
        List<String> options = new java.util.ArrayList<>(List.of(SANITIZERS));
        options.add(sources.resolve("packet.c").toString());
        String fuzz = Companion.compile(Companion.testProgram("fuzz.c"), false, options.toArray(String[]::new));
        Program.Result result = Companion.plain(fuzz, "500000", "20261122").result();
        assertThat(result.status()).as(result.all()).isZero();
        System.out.print("fuzzed: " + result.out());
    }
}
