package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.embedded.EmbeddedCluster;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS is between the program and the instance: its name is checked, and its end is noticed as without. */
class TlsTest {
    private static final String REASON = "conmgr declared instance 0 (db1.test:5432) dead";

    @BeforeAll
    static void require() {
        Companion.require("cc", "openssl");
    }

    @Test
    void theInstancesNameIsVerifiedAndItsEndIsNoticed(@TempDir Path directory) throws Exception {
        Path certificate = directory.resolve("server.crt");
        Path key = directory.resolve("server.key");
        Program.Result made = Companion.plain(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=db1.test",
                        "-addext",
                        "subjectAltName=DNS:db1.test",
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString())
                .result();
        assertThat(made.status()).as(made.all()).isZero();
        String[] name = {"db1.test"};
        try (EmbeddedCluster cluster = EmbeddedCluster.builder()
                        .version(15)
                        .standbys(0)
                        .tls(certificate, key)
                        .start();
                FakeConmgr conmgr = new FakeConmgr(ask -> new Frame.Routed(
                        0, name[0], "127.0.0.1", cluster.primary().port(), "primary", true, List.of()));
                Client client = Client.linked()) {
            String conninfo =
                    "host=localhost port=" + conmgr.port() + " sslmode=verify-full sslrootcert=" + certificate;
            for (String how : List.of("connect ", "start ")) {
                assertThat(client.does(how + conninfo))
                        .startsWith("OK db1.test:" + cluster.primary().port());
                assertThat(client.does("query select ssl from pg_stat_ssl where pid = pg_backend_pid()"))
                        .isEqualTo("t");
                conmgr.lastBound().down(REASON);
                assertThat(client.does("await")).isEqualTo("readable");
                assertThat(client.does("query select 1")).startsWith("BAD FATAL:  " + REASON);
                client.does("finish");
            }
            name[0] = "db2.test";
            assertThat(client.does("connect " + conninfo)).contains("db1.test", "db2.test");
        }
    }
}
