package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.Map;
import org.conmgr.api.instance.Role;
import org.conmgr.embedded.EmbeddedBinaries;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * psql with a ticket, through the gateway to a server that is another host by its name: GSS encryption, and GSS
 * authentication alone. The server is the system's, as one that knows GSS.
 */
class KerberosTest {
    private static final Path SERVER = Path.of("/usr/lib/postgresql/15");
    private static final String HOST = "db.test";
    private static final String USER = "app";

    private static Kerberos kerberos;
    private static EmbeddedCluster cluster;
    private static GatewaySite site;
    private static int port;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        Kerberos.assumeThere();
        Program.assumeThere(SERVER + "/bin/postgres", "psql");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        kerberos = new Kerberos(directory);
        Path keys = kerberos.principal("postgres/" + HOST);
        kerberos.login(USER, kerberos.principal(USER));
        cluster = EmbeddedCluster.builder()
                .binaries(EmbeddedBinaries.ofHome(SERVER))
                .standbys(1)
                .setting("krb_server_keyfile", keys.toString())
                .role(USER)
                .hba("host all " + USER + " 127.0.0.0/8 gss include_realm=0 krb_realm=" + Kerberos.REALM)
                .start();
        site = new GatewaySite(true, Map.of())
                .instance(0, cluster.primary().port(), Role.PRIMARY)
                .instance(1, cluster.standbys().get(0).port(), Role.STANDBY);
        port = site.open();
    }

    @AfterAll
    static void stop() {
        if (site != null) {
            site.close();
        }
        if (cluster != null) {
            cluster.close();
        }
        if (kerberos != null) {
            kerberos.close();
        }
    }

    private static Program program(String name, String gssencmode) {
        return kerberos.in(Program.of(name))
                .environment("PGHOST", HOST)
                .environment("PGHOSTADDR", "127.0.0.1")
                .environment("PGPORT", String.valueOf(port))
                .environment("PGUSER", USER)
                .environment("PGDATABASE", "postgres")
                .environment("PGGSSENCMODE", gssencmode);
    }

    @ParameterizedTest
    @CsvSource({"require, t|t", "prefer, t|t", "disable, t|f"})
    void whoHasATicketIsLetIn(String gssencmode, String expected) {
        assertThat(program("psql", gssencmode)
                        .with("-X", "-A", "-t", "-c")
                        .with("select gss_authenticated, encrypted, principal, inet_server_port()"
                                + " from pg_stat_gssapi where pid = pg_backend_pid()")
                        .run()
                        .successful()
                        .text())
                .isEqualTo(expected + "|" + USER + "@" + Kerberos.REALM + "|"
                        + cluster.primary().port() + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "require, server doesn't support GSSAPI encryption",
        "prefer, no instance with target_session_attrs=primary"
    })
    void whoIsToGoToThePrimaryGetsToNoOther(String gssencmode, String refused) {
        site.dead(0);
        try {
            assertThat(program("psql", gssencmode)
                            .with("-X", "-c", "show port")
                            .run()
                            .text())
                    .contains(refused);
        } finally {
            site.role(0, Role.PRIMARY);
        }
    }

    private static int sleeping(int seconds) throws SQLException {
        return Integer.parseInt(String.valueOf(cluster.primary()
                .query("select count(*) from pg_stat_activity where query = 'select pg_sleep(" + seconds
                        + ")' and state = 'active'")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"require", "disable"})
    void itsCancelArrives(String gssencmode) {
        assertThat(program("psql", gssencmode)
                        .with("-X", "-c", "select pg_sleep(100)")
                        .interruptedWhen("the query runs", () -> sleeping(100) == 1)
                        .text())
                .contains("canceling statement due to user request");
    }

    @ParameterizedTest
    @CsvSource({
        "require, server closed the connection unexpectedly",
        "disable, terminating connection because conmgr declared instance 0"
    })
    void aVerdictEndsIt(String gssencmode, String told) throws Exception {
        Thread verdict = new Thread(() -> {
            Await.until("psql waits", () -> sleeping(99) == 1);
            site.dead(0);
        });
        verdict.start();
        try {
            assertThat(program("psql", gssencmode)
                            .with("-X", "-c", "select pg_sleep(99)")
                            .run()
                            .text())
                    .contains(told);
        } finally {
            verdict.join();
            site.role(0, Role.PRIMARY);
            cluster.primary()
                    .query("select pg_terminate_backend(pid) from pg_stat_activity where query = 'select"
                            + " pg_sleep(99)'");
            Await.until("nobody sleeps", () -> sleeping(99) == 0);
        }
    }
}
