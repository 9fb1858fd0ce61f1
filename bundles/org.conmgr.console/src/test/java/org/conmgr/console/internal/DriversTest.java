package org.conmgr.console.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.Message;
import org.conmgr.listener.ListenerView;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The drivers with their defaults: from this host without a password, and, to this host's address in a network, which
 * is another host to the console, with SCRAM-SHA-256.
 */
@TestInstance(Lifecycle.PER_CLASS)
class DriversTest {
    private static final String USER = "monitor";
    private static final String PASSWORD = "secret";

    /** From where a driver comes. */
    enum From {
        THIS_HOST,
        ANOTHER_HOST
    }

    private final Path passwordFile;
    private final RunningConsole console;

    DriversTest(@TempDir Path directory) throws IOException {
        passwordFile = Files.writeString(directory.resolve("password"), PASSWORD + "\n");
        Files.setPosixFilePermissions(passwordFile, PosixFilePermissions.fromString("rw-------"));
        console = new RunningConsole(directory.resolve("framework"), "*");
        configure(Map.of("user", USER, "password", ConsoleAccessTest.VERIFIER));
    }

    private void configure(Map<String, ?> settings) {
        console.framework.configure(ConsoleAccess.PID, settings);
    }

    @AfterAll
    void stop() {
        console.close();
    }

    private static Optional<String> networkAddress() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                    .map(InetAddress::getHostAddress)
                    .findFirst();
        } catch (SocketException e) {
            throw new AssertionError(e);
        }
    }

    private static String host(From from) {
        if (from == From.THIS_HOST) {
            return "127.0.0.1";
        }
        Optional<String> address = networkAddress();
        assumeTrue(address.isPresent(), "this host has no address but loopback");
        return address.orElseThrow();
    }

    /** What a program writes, to both streams. */
    private String run(String input, String... command) throws IOException, InterruptedException {
        assumeTrue(
                new ProcessBuilder("sh", "-c", "command -v " + command[0])
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0,
                command[0] + " is not installed; .ci/run names its package");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("PYTHON"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private String uri(From from, String password) {
        // No password on this host: none is asked for.
        String user = from == From.THIS_HOST ? "anybody" : USER + ":" + password;
        return "postgresql://" + user + "@" + host(from) + ":" + console.port + "/conmgr";
    }

    @ParameterizedTest
    @EnumSource(From.class)
    void psql(From from) throws Exception {
        assertThat(run("SHOW INSTANCES;\nSHOW VERSION\\gx\n", "psql", "-X", "-A", "-w", uri(from, PASSWORD)))
                .contains("\n0|db0|127.0.0.1|5432|", "(3 rows)", "version|conmgr 1.");
    }

    private Connection jdbc(From from, String user, String password) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        return DriverManager.getConnection(
                "jdbc:postgresql://" + host(from) + ":" + console.port + "/conmgr", properties);
    }

    @ParameterizedTest
    @EnumSource(From.class)
    void pgjdbc(From from) throws Exception {
        try (Connection connection = jdbc(from, USER, PASSWORD);
                ResultSet instances = connection.createStatement().executeQuery("SHOW INSTANCES")) {
            List<String> hosts = new ArrayList<>();
            while (instances.next()) {
                hosts.add(instances.getString("host"));
            }
            assertThat(hosts).containsExactly("db0", "db1", "db2");
        }
    }

    private static void assumeModule(String module) throws Exception {
        assumeTrue(
                new ProcessBuilder("/usr/bin/python3", "-c", "import " + module)
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0,
                "python3-" + module + " is not installed");
    }

    @ParameterizedTest
    @EnumSource(From.class)
    void psycopg2(From from) throws Exception {
        assumeModule("psycopg2");
        String script = """
                import sys, psycopg2
                connection = psycopg2.connect(sys.argv[1])
                with connection, connection.cursor() as cursor:
                    cursor.execute("SHOW INSTANCES")
                    print([row[1] for row in cursor.fetchall()], cursor.description[1].name)
                    try:
                        cursor.execute("DROP TABLE t")
                    except psycopg2.Error as e:
                        print(e.pgcode, e.diag.message_primary)
                connection.rollback()
                with connection, connection.cursor() as cursor:
                    cursor.execute("SHOW VERSION")
                    print(cursor.fetchone()[0], connection.server_version)
                connection.close()
                """;
        assertThat(run(script, "/usr/bin/python3", "-", uri(from, PASSWORD)))
                .startsWith("['db0', 'db1', 'db2'] host\n42601 conmgr's console does not know: DROP TABLE t\nconmgr 1.")
                .endsWith(" 180000\n");
    }

    @ParameterizedTest
    @EnumSource(From.class)
    void psycopg3(From from) throws Exception {
        assumeModule("psycopg");
        String script = """
                import sys, psycopg
                from psycopg.rows import dict_row
                with psycopg.connect(sys.argv[1], row_factory=dict_row) as connection:
                    for i in range(8):
                        rows = connection.execute("SHOW INSTANCES", prepare=i > 5, binary=i % 2 == 1).fetchall()
                    print([row["host"] for row in rows])
                    connection.commit()
                    try:
                        connection.execute("DROP TABLE t")
                    except psycopg.Error as e:
                        print(e.sqlstate)
                    connection.rollback()
                    with connection.pipeline():
                        version = connection.execute("SHOW VERSION")
                        constant = connection.execute("SELECT 1 AS one")
                        print(version.fetchone()["version"], constant.fetchone())
                """;
        assertThat(run(script, "/usr/bin/python3", "-", uri(from, PASSWORD)))
                .startsWith("['db0', 'db1', 'db2']\n42601\nconmgr 1.")
                .endsWith("}\n");
    }

    @ParameterizedTest
    @EnumSource(From.class)
    void psqlOdbc(From from) throws Exception {
        assumeTrue(
                run("", "odbcinst", "-q", "-d").contains("[PostgreSQL Unicode]"), "odbc-postgresql is not installed");
        String connection = "Driver=PostgreSQL Unicode;Servername=" + host(from) + ";Port=" + console.port
                + ";Database=conmgr;UID=" + USER + ";PWD=" + PASSWORD;
        assertThat(run("SHOW INSTANCES\nSHOW VERSION\n", "isql", "-v", "-b", "-k", "-d|", connection))
                .contains("0|db0|127.0.0.1|5432|")
                .contains("2|db2|")
                .contains("conmgr 1.");
    }

    @Test
    void anotherPasswordOrUserIsRefusedAlike() throws Exception {
        for (String user : List.of(USER, "nobody")) {
            assertThatThrownBy(() -> jdbc(From.ANOTHER_HOST, user, "wrong").close())
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"))
                    .hasMessageContaining("password authentication failed for user \"" + user + "\"");
            Await.passes("it is logged, within a second of the one before", () -> assertThat(log(user))
                    .contains("no such user, or another password"));
        }
        assertThatThrownBy(() -> jdbc(From.ANOTHER_HOST, "nobody", PASSWORD).close())
                .hasMessageContaining("password authentication failed");
    }

    @Test
    void whoDoesNotSayWhoItIsInTimeIsClosed() throws Exception {
        ListenerView listener = console.framework.service(ListenerView.class);
        console.configureListener(0, "200ms");
        Await.until("it is in force", () -> listener.authenticationTimeout().equals(Duration.ofMillis(200)));
        try (Socket silent = new Socket(host(From.ANOTHER_HOST), console.port)) {
            silent.setSoTimeout(20_000);
            byte[] parameters = "user\0monitor\0database\0conmgr\0\0".getBytes(UTF_8);
            silent.getOutputStream()
                    .write(ByteBuffer.allocate(8 + parameters.length)
                            .putInt(8 + parameters.length)
                            .putInt(0x0003_0000)
                            .put(parameters)
                            .array());
            assertThat(new String(silent.getInputStream().readAllBytes(), UTF_8))
                    .startsWith("R")
                    .contains("SCRAM-SHA-256")
                    .doesNotContain("SFATAL");
        } finally {
            console.configureListener(0);
            Await.until("the default is in force", () -> listener.authenticationTimeout()
                    .equals(Duration.ofSeconds(60)));
        }
    }

    private String log(String user) {
        return console.log.texts(Message.CONSOLE_LOGIN_REFUSED).stream()
                .filter(text -> text.startsWith("console login of \"" + user + "\" from "))
                .findFirst()
                .orElse("nothing");
    }

    @Test
    void newSettingsAreForTheNextConnection() throws Exception {
        try (Connection before = jdbc(From.ANOTHER_HOST, USER, PASSWORD)) {
            configure(Map.of("user", "", "password", ""));
            Await.until("nobody may come in", () -> !comesIn(USER));
            configure(Map.of("user", "other", "password_file", passwordFile.toString()));
            Await.until("another may", () -> comesIn("other"));
            assertThat(comesIn(USER)).isFalse();
            assertThat(before.isValid(5)).isTrue();
        } finally {
            configure(Map.of("user", USER, "password", ConsoleAccessTest.VERIFIER));
            Await.until("the first may again", () -> comesIn(USER));
        }
    }

    private boolean comesIn(String user) throws SQLException {
        try (Connection connection = jdbc(From.ANOTHER_HOST, user, PASSWORD)) {
            return connection.isValid(5);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isIn("28000", "28P01");
            return false;
        }
    }
}
