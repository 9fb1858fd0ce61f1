package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.conmgr.testkit.TestCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.Driver;

class OptionsTest {
    private final Path files;

    OptionsTest(@TempDir Path files) {
        this.files = files;
    }

    @Test
    void everyOptionReachesEveryInstance() throws Exception {
        TestCertificate certificate = TestCertificate.make("127.0.0.1");
        Path control = Files.writeString(
                files.resolve("answer.control"), "default_version = '1.0'\ncomment = 'an extension'\n");
        Path sql = Files.writeString(
                files.resolve("answer--1.0.sql"), "create function answer() returns int language sql as 'select 42';");
        try (EmbeddedCluster cluster = EmbeddedCluster.builder()
                .standbys(1)
                .listenAddresses("*")
                .setting("max_connections", "17")
                .setting("conmgr.text", "it's \\ plain")
                .role("app", "it's secret")
                .role("guest")
                .role("barred")
                .hba("host all barred all reject")
                .hba("hostssl all app all scram-sha-256")
                .hba("host all app all reject")
                .extension(control, sql)
                .tls(certificate.certificate(), certificate.key())
                .start()) {
            cluster.primary().query("create extension answer");
            cluster.awaitReplay();
            for (EmbeddedInstance each : cluster.instances()) {
                assertThat(each.query("select answer()")).isEqualTo("42");
                assertThat(each.query("show max_connections")).isEqualTo("17");
                assertThat(each.query("show conmgr.text")).isEqualTo("it's \\ plain");
                assertThat(each.query("show listen_addresses")).isEqualTo("*");
                assertThat(each.query("show cluster_name")).isEqualTo(each.name());

                each.connect("postgres", "guest", "").close();
                refused(each, "barred", "", "28000");
                refused(each, "app", "it's secret", "28000"); // without TLS
                assertThat(cipherOf(each, certificate.certificate())).startsWith("TLS");
            }
        }
    }

    @Test
    void aRoleWithAPasswordNeedsItAndAnyLoopbackAddressIsTrusted() throws SQLException {
        try (EmbeddedCluster cluster = EmbeddedCluster.builder()
                .standbys(0)
                .listenAddresses("0.0.0.0")
                .role("app", "secret")
                .start()) {
            EmbeddedInstance instance = cluster.primary();
            instance.connect("postgres", "app", "secret").close();
            refused(instance, "app", "wrong", "28P01");
            Properties properties = new Properties();
            properties.setProperty("user", EmbeddedInstance.SUPERUSER);
            properties.setProperty("localSocketAddress", "127.44.5.6");
            try (Connection connection = new Driver().connect(instance.jdbcUrl("postgres"), properties);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select host(inet_client_addr())")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo("127.44.5.6");
            }
        }
    }

    @Test
    void anExtensionStaysWithItsCluster() throws IOException {
        Path control = Files.writeString(files.resolve("private.control"), "default_version = '1.0'\n");
        EmbeddedBinaries shared = EmbeddedBinaries.ofDefault();
        EmbeddedBinaries own = shared.withExtension(List.of(control));
        Path extensions = Path.of("share/postgresql/extension");
        assertThat(own.home().resolve(extensions).resolve("private.control")).exists();
        assertThat(shared.home().resolve(extensions).resolve("private.control")).doesNotExist();
        assertThat(own.version()).isEqualTo(shared.version());
    }

    @Test
    void aBadOptionIsRefused() {
        assertThatThrownBy(() -> EmbeddedCluster.builder().standbys(-1)).hasMessage("standbys: -1 (expected: >= 0)");
        assertThatThrownBy(() -> EmbeddedCluster.builder().role("a\"b"))
                .hasMessage("role: a\"b (expected: letters a-z, digits, _)");
        assertThatThrownBy(() -> EmbeddedCluster.builder()
                        .standbys(0)
                        .setting("shared_buffers", "much")
                        .start())
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("n1: ended at start")
                .hasMessageContaining("invalid value for parameter \"shared_buffers\": \"much\"");
    }

    private static void refused(EmbeddedInstance instance, String role, String password, String state) {
        assertThatThrownBy(() -> instance.connect("postgres", role, password))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(state));
    }

    private static String cipherOf(EmbeddedInstance instance, Path certificate) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "app");
        properties.setProperty("password", "it's secret");
        properties.setProperty("sslmode", "verify-full");
        properties.setProperty("sslrootcert", certificate.toString());
        try (Connection connection = new Driver().connect(instance.jdbcUrl("postgres"), properties);
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select cipher from pg_stat_ssl where pid = pg_backend_pid()")) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}
