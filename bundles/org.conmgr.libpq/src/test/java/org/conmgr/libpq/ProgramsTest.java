package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.libpq.Companion.plain;
import static org.conmgr.libpq.Companion.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.embedded.EmbeddedInstance;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs as they are packaged: each lands where conmgr says, and fails at once when conmgr says that it is dead. */
@NullUnmarked
class ProgramsTest {
    private static final String REASON = "conmgr declared instance 7 (db1:5432) dead: timed out: silent for 1.0 s";
    private static final String PORT = "select inet_server_port()";

    @TempDir
    private Path directory;

    private FakeConmgr conmgr;

    @BeforeEach
    void start() throws Exception {
        conmgr = new FakeConmgr(ask -> ask.target().equals("standby")
                ? FakeConmgr.route(Servers.standby(), Servers.otherStandby(), Servers.primary())
                : FakeConmgr.route(Servers.primary(), Servers.standby(), Servers.otherStandby()));
    }

    @AfterEach
    void stop() throws Exception {
        conmgr.close();
    }

    private static String port(EmbeddedInstance instance) {
        return Integer.toString(instance.port());
    }

    private static void assertSays(Program program, String text) {
        Program.Result result = program.result();
        assertThat(result.status()).as(result.all()).isZero();
        assertThat(result.out()).as(result.all()).contains(text);
    }

    /** The program sleeps in a query on the standby; conmgr declares that dead; the program ends with an error. */
    private Program.Result whenDead(Program sleeping) throws Exception {
        try (sleeping) {
            sleeping.start();
            Servers.awaitSleeper(Servers.standby());
            long told = System.nanoTime();
            conmgr.lastBound().down(REASON);
            long took = sleeping.millisSince(told);
            System.out.println("told to ended: " + took + " ms");
            assertThat(took).isLessThan(TimeUnit.SECONDS.toMillis(5));
            Program.Result result = sleeping.result();
            assertThat(result.status()).as(result.all()).isNotZero();
            return result;
        } finally {
            Servers.endSleepers(Servers.standby());
        }
    }

    @Test
    void psqlHoweverItIsTold() throws Exception {
        Companion.require("psql");
        String list = "host=127.0.0.1 port=" + conmgr.port();
        assertSays(run("psql", "-Atc", PORT, list + " target_session_attrs=standby"), port(Servers.standby()));
        assertSays(run("psql", "-Atc", PORT, list + " target_session_attrs=read-write"), port(Servers.primary()));
        assertSays(
                run("psql", "-Atc", PORT, "postgresql://localhost:" + conmgr.port() + "/?target_session_attrs=standby"),
                port(Servers.standby()));
        assertSays(run("psql", "-Atc", PORT).to(conmgr, "standby"), port(Servers.standby()));
        assertSays(run("psql", "-Atc", PORT, "-h", "localhost", "-p", "" + conmgr.port()), port(Servers.primary()));
        Path services = Files.writeString(
                directory.resolve("services"),
                "[shop]\nhost=localhost\nport=" + conmgr.port() + "\ntarget_session_attrs=standby\n");
        assertSays(run("psql", "-Atc", PORT, "service=shop").with("PGSERVICEFILE", services), port(Servers.standby()));
        assertSays(
                run("psql", "-At", "-c", "\\conninfo", list + " target_session_attrs=standby"),
                "on host \"127.0.0.1\" at port \"" + port(Servers.standby()) + "\"");
        assertThat(conmgr.applications()).hasSize(7).allSatisfy(one -> {
            assertThat(one.ask().application()).isEqualTo("psql");
            assertThat(one.ask().pid()).isPositive();
        });
    }

    @Test
    void psqlAsksAgainWhenItIsToldTheHostAgain() throws Exception {
        Companion.require("psql");
        String reconnects = "\\c template1\n" + PORT + ";\n";
        Path script = Files.writeString(directory.resolve("script"), reconnects);
        assertSays(run("psql", "-AtqX", "-f", script.toString()).to(conmgr, "standby"), port(Servers.standby()));
        assertThat(conmgr.applications())
                .as("asks, when \\c takes over the list of instances")
                .hasSize(1);
        Files.writeString(script, reconnects.replace("template1", "template1 - localhost " + conmgr.port()));
        assertSays(run("psql", "-AtqX", "-f", script.toString()).to(conmgr, "standby"), port(Servers.standby()));
        assertThat(conmgr.applications()).as("asks, one before and two now").hasSize(3);
        assertThat(conmgr.applications().get(2).ask().target()).isEqualTo("standby");
    }

    @Test
    void psqlWhenDead() throws Exception {
        Companion.require("psql");
        whenDead(run("psql", "-c", "select pg_sleep(600)").to(conmgr, "standby"));
    }

    @Test
    void pgDump() throws Exception {
        Companion.require("pg_dump");
        Servers.primary().query("create table if not exists dumped (id int)");
        assertSays(run("pg_dump", "-t", "dumped").to(conmgr, "primary"), "CREATE TABLE public.dumped");
        assertThat(conmgr.bound(0).ask().application()).isEqualTo("pg_dump");
    }

    @Test
    void pgbench() throws Exception {
        Companion.require("pgbench");
        Path script = Files.writeString(directory.resolve("script"), "select pg_sleep(600);\n");
        Program.Result result = whenDead(
                run("pgbench", "-n", "-T", "60", "-f", script.toString()).to(conmgr, "standby"));
        assertThat(result.all()).contains("aborted");
    }

    @Test
    void pgIsReady() throws Exception {
        Companion.require("pg_isready");
        assertThat(run("pg_isready").to(conmgr, "any").result().status()).isZero();
        conmgr.answer(ask -> new Frame.Refused("08001", "no instance"));
        assertThat(run("pg_isready").to(conmgr, "any").result().status())
                .as("rejecting")
                .isEqualTo(1);
    }

    private Path odbcIni(String options) throws Exception {
        return Files.writeString(
                directory.resolve("odbc.ini"),
                "[shop]\nDriver=PostgreSQL Unicode\nServername=127.0.0.1\nPort=" + conmgr.port()
                        + "\nDatabase=postgres\nUsername=postgres\nSSLmode=disable\n" + options);
    }

    @Test
    void isql() throws Exception {
        Companion.require("isql");
        Program isql = run("isql", "-b", "-v", "shop")
                .with("ODBCINI", odbcIni("pqopt=target_session_attrs=standby\n"))
                .start();
        isql.say(PORT);
        assertSays(isql, port(Servers.standby()));
    }

    @Test
    void aProgramOfOdbc() throws Exception {
        Companion.require("isql");
        String program = Companion.compile(Companion.testProgram("odbc.c"), false, "-lodbc");
        odbcIni("");
        String source = "DSN=shop;pqopt={target_session_attrs=standby}";
        assertSays(
                run(program, source, PORT).with("ODBCINI", directory.resolve("odbc.ini")),
                "127.0.0.1 " + port(Servers.standby()));
        conmgr.close();
        start();
        odbcIni("");
        Program.Result result =
                whenDead(run(program, source, "select pg_sleep(600)").with("ODBCINI", directory.resolve("odbc.ini")));
        assertThat(result.err()).contains("08S01");
    }

    @Test
    void ecpg() throws Exception {
        Companion.require("ecpg");
        Path c = directory.resolve("embedded.c");
        Program.Result translated = plain(
                        "ecpg",
                        "-o",
                        c.toString(),
                        Companion.testProgram("embedded.pgc").toString())
                .result();
        assertThat(translated.status()).as(translated.all()).isZero();
        String program = Companion.compile(c, false, "-lecpg");
        assertSays(
                run(program, "postgres@127.0.0.1:" + conmgr.port(), "0").to(conmgr, "standby"),
                port(Servers.standby()));
        conmgr.close();
        start();
        Program.Result result = whenDead(
                run(program, "postgres@127.0.0.1:" + conmgr.port(), "600").to(conmgr, "standby"));
        assertThat(result.err()).contains("sqlstate");
    }

    @Test
    void psycopg2() throws Exception {
        requirePython("psycopg2");
        Path script = Companion.testProgram("psycopg2_program.py");
        assertSays(run("/usr/bin/python3", script.toString(), "0").to(conmgr, "standby"), port(Servers.standby()));
        assertSays(
                run("/usr/bin/python3", script.toString(), "asynchronous").to(conmgr, "standby"),
                port(Servers.standby()));
        conmgr.close();
        start();
        whenDead(run("/usr/bin/python3", script.toString(), "600").to(conmgr, "standby"));
    }

    @Test
    void psycopg3() throws Exception {
        requirePython("psycopg");
        String run = Companion.DIST.resolve("bin/conmgr-run").toString();
        String script = Companion.testProgram("psycopg3_program.py").toString();
        assertSays(
                plain("/bin/sh", run, "--dlsym", "/usr/bin/python3", script, "0")
                        .to(conmgr, "standby"),
                port(Servers.standby()));
        conmgr.close();
        start();
        Program.Result result = whenDead(plain("/bin/sh", run, "--dlsym", "/usr/bin/python3", script, "600")
                .to(conmgr, "standby"));
        assertThat(result.err()).contains(REASON);
    }

    private static void requirePython(String module) {
        Companion.require();
        Program.Result result = plain("/bin/sh", "-c", "/usr/bin/python3 -c 'import " + module + "'")
                .result();
        Companion.need(result.status() == 0, "Python's " + module);
    }
}
