package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Target;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.gateway.internal.Program.Result;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.TestCertificate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The clients of PostgreSQL as a system ships them, unchanged: what they see through the gateway is, byte for byte, what
 * they see without it. The server is of the version that they are of.
 */
class ClientsTest {
    private static final String SECRET = "secret";
    private static final String ODBC = "/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so";

    private static EmbeddedCluster cluster;
    private static GatewaySite site;
    private static TestCertificate certificate;
    private static int port;
    private static int standbys;

    private final Path directory;

    ClientsTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeAll
    static void start() {
        certificate = TestCertificate.make("pg.test");
        cluster = EmbeddedCluster.builder()
                .version(15)
                .standbys(1)
                .tls(certificate.certificate(), certificate.key())
                .role("app", SECRET)
                .hba("host replication all 127.0.0.0/8 trust")
                .setting("wal_level", "logical")
                .setting("max_prepared_transactions", "5")
                .start();
        site = new GatewaySite(true, Map.of())
                .instance(0, cluster.primary().port(), Role.PRIMARY)
                .instance(1, cluster.standbys().get(0).port(), Role.STANDBY);
        port = site.open();
        standbys = site.open(Optional.of(Target.STANDBY), Optional.empty());
    }

    @AfterAll
    static void stop() {
        site.close();
        cluster.close();
    }

    private Path resource(String name) throws Exception {
        Path file = directory.resolve(name);
        try (var in = Objects.requireNonNull(getClass().getResourceAsStream("/clients/" + name), name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    private static int direct() {
        return cluster.primary().port();
    }

    private static void database(String name) throws SQLException {
        cluster.primary().query("drop database if exists " + name);
        cluster.primary().query("create database " + name);
    }

    private static Program program(String name, int at, String database, String sslmode) {
        return Program.of(name)
                .environment("PGHOST", "127.0.0.1")
                .environment("PGPORT", String.valueOf(at))
                .environment("PGUSER", EmbeddedInstance.SUPERUSER)
                .environment("PGDATABASE", database)
                .environment("PGSSLMODE", sslmode)
                .environment("PGCONNECT_TIMEOUT", "30");
    }

    private static Result psql(int at, String sslmode, String... arguments) {
        return program("psql", at, "postgres", sslmode)
                .with("-X", "-A", "-t")
                .with(arguments)
                .run();
    }

    @ParameterizedTest
    @CsvSource({
        "types, disable",
        "copy, disable",
        "server, disable",
        "types, require",
        "copy, prefer",
        "server, require"
    })
    void scriptsSeeTheSame(String script, String sslmode) throws Exception {
        Program.assumeThere("psql");
        Path file = resource(script + ".sql");
        Result[] results = new Result[2];
        for (int i = 0; i < 2; i++) {
            String database = "scripts";
            database(database);
            results[i] = program("psql", i == 0 ? direct() : port, database, sslmode)
                    .with("-X", "-a", "-f", file.toString())
                    .run()
                    .successful();
        }
        assertThat(results[0].bytes().length).isGreaterThan(4_000);
        assertThat(results[1].text()).isEqualTo(results[0].text());
        assertThat(results[1].bytes()).isEqualTo(results[0].bytes());
    }

    @ParameterizedTest
    @CsvSource({"psycopg2, disable", "psycopg, disable", "psycopg2, require", "psycopg, require"})
    void pythonSeesTheSame(String which, String sslmode) throws Exception {
        String python = "/usr/bin/python3";
        Program.assumeThere("/usr/lib/python3/dist-packages/" + which);
        Path file = resource("clients.py");
        Result[] results = new Result[2];
        for (int i = 0; i < 2; i++) {
            String conninfo = "host=127.0.0.1 user=postgres dbname=postgres port=" + (i == 0 ? direct() : port)
                    + " sslmode=" + sslmode;
            results[i] =
                    Program.of(python, file.toString(), conninfo, which).run().successful();
        }
        assertThat(results[0].text()).contains("canceling statement due to user request");
        assertThat(results[1].text()).isEqualTo(results[0].text());
    }

    @Test
    void anEcpgProgramSeesTheSame() throws Exception {
        Program.assumeThere("ecpg", "gcc", "/usr/include/postgresql/ecpglib.h");
        Path source = resource("program.pgc");
        Path c = directory.resolve("program.c");
        Path binary = directory.resolve("program");
        Program.of("ecpg", "-o", c.toString(), source.toString()).run().successful();
        Program.of("gcc", "-I/usr/include/postgresql", "-o", binary.toString(), c.toString(), "-lecpg")
                .run()
                .successful();
        Result[] results = new Result[2];
        for (int i = 0; i < 2; i++) {
            int at = i == 0 ? direct() : port;
            results[i] = program(binary.toString(), at, "postgres", "disable")
                    .environment("ECPG_TARGET", "tcp:postgresql://127.0.0.1:" + at + "/postgres")
                    .run()
                    .successful();
        }
        assertThat(results[0].text()).contains("null at 50", "sum 5050", "row 42", "sqlstate 22012");
        assertThat(results[1].text()).isEqualTo(results[0].text());
    }

    @Test
    void isqlOverPsqlOdbcSeesTheSame() throws Exception {
        Program.assumeThere("isql", ODBC);
        Path sql = directory.resolve("odbc.sql");
        Files.writeString(sql, """
                select 1 as one, 'zwei' as two
                create temp table o (i int, t text)
                insert into o select g, repeat('x', g) from generate_series(1, 100) g
                select count(*), sum(length(t)) from o
                select 1/0
                select * from o where i < 5
                """);
        Result[] results = new Result[2];
        for (int i = 0; i < 2; i++) {
            String string = "Driver=" + ODBC + ";Server=127.0.0.1;Port=" + (i == 0 ? direct() : port)
                    + ";Database=postgres;Username=postgres";
            results[i] = Program.of("sh", "-c", "exec isql -k \"$0\" -b -v <\"$1\"", string, sql.toString())
                    .run();
        }
        assertThat(results[0].text()).contains("zwei", "5050", "division by zero");
        assertThat(results[1].text()).isEqualTo(results[0].text());
        Result standby = Program.of(
                        "sh",
                        "-c",
                        "echo 'select inet_server_port()' | exec isql -k \"$0\" -b -v",
                        "Driver=" + ODBC + ";Server=127.0.0.1;Port=" + port
                                + ";Database=postgres;Username=postgres;"
                                + "pqopt={options='-c conmgr.target_session_attrs=standby'}")
                .run();
        assertThat(standby.text())
                .contains(String.valueOf(cluster.standbys().get(0).port()));
    }

    @Test
    void pgbenchRunsPipelinesAndReconnects() throws Exception {
        Program.assumeThere("/usr/lib/postgresql/15/bin/pgbench");
        Path script = resource("pipeline.pgbench");
        database("bench");
        program("pgbench", port, "bench", "disable").with("-i", "-q").run().successful();
        for (String[] arguments : new String[][] {
            {"-c", "4", "-t", "200", "-M", "prepared", "-n", "-f", script.toString()},
            {"-c", "4", "-t", "20", "-C", "-S", "-n"},
            {"-c", "2", "-t", "100", "-M", "simple"}
        }) {
            assertThat(program("pgbench", port, "bench", "prefer")
                            .with(arguments)
                            .run()
                            .successful()
                            .text())
                    .contains("number of failed transactions: 0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "require"})
    void aDumpIsTheSameAndComesBack(String sslmode) throws Exception {
        Program.assumeThere("pg_dump", "pg_restore", "psql");
        database("origin");
        database("restored");
        program("psql", direct(), "origin", "disable")
                .with("-X", "-q", "-f", resource("types.sql").toString())
                .run()
                .successful();
        String dump = dump(direct(), "origin", sslmode);
        assertThat(dump.length()).isGreaterThan(500_000);
        assertThat(dump(port, "origin", sslmode)).isEqualTo(dump);
        Path archive = directory.resolve("archive");
        program("pg_dump", port, "origin", sslmode)
                .with("-Fc", "-f", archive.toString())
                .run()
                .successful();
        program("pg_restore", port, "restored", sslmode)
                .with("-j", "2", "-d", "restored", archive.toString())
                .run()
                .successful();
        assertThat(dump(direct(), "restored", sslmode)).isEqualTo(dump);
    }

    /** Without the lines that differ each time: a key against meta-commands in the dump. */
    private static String dump(int at, String database, String sslmode) {
        return program("pg_dump", at, database, sslmode)
                .run()
                .successful()
                .text()
                .replaceAll("(?m)^.(un)?restrict .*$", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "require"})
    void aBaseBackupIsComplete(String sslmode) throws Exception {
        Program.assumeThere("pg_basebackup");
        Path backup = directory.resolve("backup");
        program("pg_basebackup", port, "postgres", sslmode)
                .with("-D", backup.toString(), "-X", "stream", "-c", "fast", "--no-sync")
                .run()
                .successful();
        Path verify = Path.of("/usr/lib/postgresql/15/bin/pg_verifybackup");
        if (Files.exists(verify)) {
            Program.of(verify.toString(), "-n", backup.toString()).run().successful();
        }
        assertThat(backup.resolve("PG_VERSION")).hasContent("15");
        assertThat(backup.resolve("backup_manifest")).exists();
    }

    @Test
    void logicalChangesAreReceived() throws Exception {
        Program.assumeThere("pg_recvlogical");
        database("logical");
        program("pg_recvlogical", port, "logical", "disable")
                .with("-d", "logical", "--create-slot", "-S", "gateway", "-P", "test_decoding")
                .run()
                .successful();
        psqlIn("logical", "create table l (i int)");
        psqlIn("logical", "insert into l select generate_series(1, 1000)");
        String end = psqlIn("logical", "select pg_current_wal_lsn()").strip();
        String changes = program("pg_recvlogical", port, "logical", "disable")
                .with("-d", "logical", "--start", "-S", "gateway", "-f", "-", "--endpos", end)
                .with("-o", "include-xids=0", "-F", "0")
                .run()
                .successful()
                .text();
        assertThat(changes).contains("table public.l: INSERT: i[integer]:1\n", "INSERT: i[integer]:1000\n", "COMMIT");
        program("pg_recvlogical", port, "logical", "disable")
                .with("-d", "logical", "--drop-slot", "-S", "gateway")
                .run()
                .successful();
    }

    private static String psqlIn(String database, String sql) {
        return program("psql", direct(), database, "disable")
                .with("-X", "-A", "-t", "-c", sql)
                .run()
                .successful()
                .text();
    }

    @Test
    void theNameIsVerifiedAndTheChannelBound() {
        Program.assumeThere("psql");
        String encrypted = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()";
        String conninfo = "hostaddr=127.0.0.1 dbname=postgres user=app password=" + SECRET
                + " sslmode=verify-full channel_binding=require sslrootcert=" + certificate.certificate() + " port=";
        assertThat(psql(port, "verify-full", "-d", "host=pg.test " + conninfo + port, "-c", encrypted)
                        .successful()
                        .text())
                .isEqualTo("t|TLSv1.3\n");
        Result wrong = psql(port, "verify-full", "-d", "host=other.test " + conninfo + port, "-c", encrypted);
        assertThat(wrong.status()).isNotZero();
        assertThat(wrong.text()).contains("does not match host name \"other.test\"");
        assertThat(psql(standbys, "verify-full", "-d", "host=pg.test " + conninfo + standbys, "-c", "show port")
                        .successful()
                        .text()
                        .strip())
                .isEqualTo(String.valueOf(cluster.standbys().get(0).port()));
    }

    @Test
    void theServerNameChoosesTheTarget() {
        Program.assumeThere("psql");
        site.configure(Map.of("server_names", "ro.test = standby, rw.test=primary"));
        try {
            for (String name : new String[] {"ro.test", "RO.TEST", "rw.test", "else.test"}) {
                String at = psql(port, "require", "-d", "hostaddr=127.0.0.1 host=" + name, "-c", "show port")
                        .successful()
                        .text()
                        .strip();
                int expected = name.toLowerCase(Locale.ROOT).equals("ro.test")
                        ? cluster.standbys().get(0).port()
                        : direct();
                assertThat(at).as(name).isEqualTo(String.valueOf(expected));
            }
        } finally {
            site.configure(Map.of());
        }
    }

    private static boolean sleeps() throws SQLException {
        return "1"
                .equals(cluster.primary()
                        .query("select count(*) from pg_stat_activity where query = 'select pg_sleep(100)'"
                                + " and state = 'active'"));
    }

    @Test
    void psqlIsCancelledUnderTls() throws Exception {
        Program.assumeThere("psql");
        for (String sslmode : new String[] {"disable", "require"}) {
            Result result = program("psql", port, "postgres", sslmode)
                    .with("-X", "-c", "select pg_sleep(100)")
                    .interruptedWhen("the query runs", ClientsTest::sleeps);
            assertThat(result.text()).as(sslmode).contains("canceling statement due to user request");
        }
    }

    @Test
    void thePlainLegIsEncryptedOnlyBehindTheGateway() {
        Program.assumeThere("psql");
        site.configure(Map.of(
                "tls", "originate", "tls_ca_file", certificate.certificate().toString()));
        try {
            site.instance(7, certificate.name(), NetUtil.LOCALHOST4, direct(), Role.PRIMARY);
            site.board.remove(0, "it is no longer configured");
            String conninfo = "host=127.0.0.1 dbname=postgres user=app password=" + SECRET + " port=" + port;
            assertThat(psql(
                                    port,
                                    "prefer",
                                    "-d",
                                    conninfo,
                                    "-c",
                                    "select ssl from pg_stat_ssl where pid = pg_backend_pid()")
                            .successful()
                            .text())
                    .isEqualTo("t\n");
            assertThat(program("psql", port, "postgres", "prefer")
                            .with("-X", "-c", "select pg_sleep(100)")
                            .interruptedWhen("the query runs", ClientsTest::sleeps)
                            .text())
                    .contains("canceling statement due to user request");
            Result required = psql(port, "require", "-d", conninfo + " sslmode=require", "-c", "select 1");
            assertThat(required.text()).contains("server does not support SSL");
        } finally {
            site.configure(Map.of());
            site.board.remove(7, "it is no longer configured");
            site.instance(0, direct(), Role.PRIMARY);
        }
    }

    @Test
    void libpqGoesOnToItsNextHostWhenThereIsNoInstance() {
        Program.assumeThere("psql");
        GatewaySite empty = new GatewaySite(true, Map.of());
        try {
            int nobody = empty.open();
            String conninfo = "host=127.0.0.1,127.0.0.1 port=" + nobody + "," + port + " user=postgres dbname=postgres";
            assertThat(psql(port, "prefer", "-d", conninfo, "-c", "select 1")
                            .successful()
                            .text())
                    .isEqualTo("1\n");
        } finally {
            empty.close();
        }
    }

    @Test
    void aTerminalSaysWhatHappened() throws Exception {
        Program.assumeThere("psql");
        Path script = directory.resolve("wait.sql");
        Files.writeString(script, "select 1;\n\\! touch " + directory + "/ready\nselect pg_sleep(60);\nselect 2;\n");
        GatewaySite other = new GatewaySite(true, Map.of()).instance(0, direct(), Role.PRIMARY);
        try {
            int at = other.open();
            Thread verdict = new Thread(() -> {
                Await.until(
                        "psql waits",
                        () -> Files.exists(directory.resolve("ready"))
                                && !"0"
                                        .equals(cluster.primary()
                                                .query("select count(*) from pg_stat_activity where"
                                                        + " query = 'select pg_sleep(60);' and state = 'active'")));
                other.dead(0);
            });
            verdict.start();
            Result result = program("psql", at, "postgres", "disable")
                    .with("-X", "-f", script.toString())
                    .run();
            verdict.join();
            assertThat(new String(result.bytes(), StandardCharsets.UTF_8))
                    .contains("FATAL:  terminating connection because conmgr declared instance 0")
                    .contains("dead: timed out: silent for 2.0 s");
            assertThat(result.status()).isNotZero();
        } finally {
            other.close();
            cluster.primary()
                    .query("select pg_terminate_backend(pid) from pg_stat_activity where query = 'select"
                            + " pg_sleep(60);'");
        }
    }
}
