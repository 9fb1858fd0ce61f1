package org.conmgr.console.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.NetUtil;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.setting.Reload;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.ServiceRegistration;

/** Listener and console as bundles, asked by psql, by pgjdbc and by one who does not read. */
@TestInstance(Lifecycle.PER_CLASS)
class ConsoleInFrameworkTest {
    private final RunningConsole console;
    private final OsgiFramework framework;
    private final int port;

    ConsoleInFrameworkTest(@TempDir Path storage) {
        console = new RunningConsole(storage, "127.0.0.1");
        framework = console.framework;
        port = console.port;
    }

    @AfterAll
    void stop() {
        console.close();
    }

    private String psql(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "psql",
                "-X",
                "-A",
                "-w",
                "-h",
                "127.0.0.1",
                "-p",
                String.valueOf(port),
                "-U",
                "anybody",
                "-d",
                "conmgr"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        Process psql = builder.start();
        psql.getOutputStream().close();
        String output = new String(psql.getInputStream().readAllBytes(), UTF_8);
        assertThat(psql.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private Connection jdbc(String... properties) throws SQLException {
        Properties all = new Properties();
        all.setProperty("user", "anybody");
        for (String property : properties) {
            int equals = property.indexOf('=');
            all.setProperty(property.substring(0, equals), property.substring(equals + 1));
        }
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/conmgr", all);
    }

    @Test
    void servesPsql() throws Exception {
        assertThat(psql("-c", "SHOW INSTANCES"))
                .startsWith("instance|host|hostaddr|port|")
                .contains("\n0|db0|127.0.0.1|5432|")
                .endsWith("(3 rows)\n");
        assertThat(psql("-t", "-c", "BEGIN; show applications; COMMIT;"))
                .contains("1|größer|4711|direct|read-write|0|");
        assertThat(psql("-t", "-c", "show version")).startsWith("conmgr 1.");
        assertThat(psql("-c", "show pools")).isEqualTo("""
                        ERROR:  unrecognized configuration parameter "pools"
                        HINT:  SHOW HELP lists what this console shows.
                        """);
    }

    @Test
    void reloadTellsWhereItCannotListen() throws Exception {
        Reload nothingChanged = () -> CompletableFuture.completedFuture(Reload.Outcome.withErrors());
        ServiceRegistration<Reload> reload = framework.register(Reload.class, nothingChanged, Map.of());
        try (ServerSocket other = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
            framework.configure(
                    "org.conmgr.listener", Map.of("port", other.getLocalPort(), "listen_addresses", "127.0.0.1"));
            Await.passes("it is told", () -> assertThat(psql("-t", "-c", "RELOAD"))
                    .startsWith("remark|cannot listen on 127.0.0.1:" + other.getLocalPort() + ": ")
                    .contains("Address already in use"));
        } finally {
            console.configureListener(0);
            reload.unregister();
        }
        assertThat(psql("-t", "-c", "SHOW VERSION")).startsWith("conmgr 1.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"})
    void servesPgjdbc(String mode) throws SQLException {
        try (Connection connection =
                        jdbc("preferQueryMode=" + mode, "targetServerType=primary", "ApplicationName=test");
                Statement statement = connection.createStatement();
                PreparedStatement prepared = connection.prepareStatement("SHOW LINKS")) {
            assertThat(connection.isValid(5)).isTrue();
            assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
            // Beyond prepareThreshold, so that the driver names its statement.
            for (int i = 0; i < 8; i++) {
                try (ResultSet links = prepared.executeQuery()) {
                    assertThat(links.next()).isTrue();
                    assertThat(links.getInt("instance")).isZero();
                    assertThat(links.getTimestamp("since").toInstant()).isEqualTo(FakeRegistry.NOON);
                    assertThat(links.next()).isTrue();
                    assertThat(links.getString("verdict")).isEqualTo("timed out");
                }
            }
            assertThatThrownBy(() -> statement.execute("SELECT * FROM pg_class"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42601"));
            connection.setAutoCommit(false);
            statement.setFetchSize(1);
            try (ResultSet instances = statement.executeQuery("SHOW INSTANCES")) {
                List<String> hosts = new ArrayList<>();
                while (instances.next()) {
                    hosts.add(instances.getString("host"));
                }
                assertThat(hosts).containsExactly("db0", "db1", "db2");
            }
            connection.rollback();
        }
    }

    @Test
    void showsTheConfigurationAsItChangesButNoSecret() throws Exception {
        framework.configure(
                "org.conmgr.watchdog",
                Map.of(
                        "url",
                        "jdbc:postgresql://localhost/postgres?password=hidden",
                        "password",
                        "hidden",
                        ".conmgr.conf",
                        ""));
        Await.passes("the new settings are shown", () -> assertThat(psql("-t", "-c", "SHOW CONFIG"))
                .contains("org.conmgr.listener|port|" + port)
                .contains("org.conmgr.watchdog|password|********")
                .contains("org.conmgr.watchdog|url|jdbc:postgresql://localhost/postgres?password=********")
                .doesNotContain("hidden", "service.pid", ".conmgr.conf"));
    }

    @Test
    void countsWhatTheListenerCounts() throws Exception {
        assertThat(psql("-t", "-c", "SHOW STATS"))
                .contains("listen_addresses|127.0.0.1:" + port + "\n")
                .contains("connections_open|");
    }

    @Test
    void outlivesNewSettingsOfTheListener() throws Exception {
        try (Connection connection = jdbc();
                Statement statement = connection.createStatement()) {
            console.configureListener(100);
            Await.passes("the new limit is shown", () -> {
                try (ResultSet stats = statement.executeQuery("SHOW STATS")) {
                    List<String> all = new ArrayList<>();
                    while (stats.next()) {
                        all.add(stats.getString("name") + "=" + stats.getString("value"));
                    }
                    assertThat(all).contains("max_connections=100");
                }
            });
        } finally {
            console.configureListener(0);
        }
    }

    @Test
    void comesAndGoesWithTheRegistry() throws Exception {
        ServiceRegistration<RegistryView> second = framework.register(RegistryView.class, new FakeRegistry(), Map.of());
        second.unregister();
        console.await();

        assertThat(psql("-t", "-c", "select 1")).isEqualTo("1\n");
    }

    @Test
    void whoDoesNotReadIsNotListenedToAndLosesNothing() throws Exception {
        int queries = 2_000;
        byte[] query = Messages.query("SHOW INSTANCES;".repeat(10));
        byte[] startup = "user\0u\0database\0conmgr\0\0".getBytes(UTF_8);
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress(NetUtil.LOCALHOST4, port), 10_000);
            socket.getOutputStream()
                    .write(ByteBuffer.allocate(8 + startup.length)
                            .putInt(8 + startup.length)
                            .putInt(0x0003_0000)
                            .put(startup)
                            .array());
            byte[] burst = new byte[100 * query.length];
            for (int i = 0; i < 100; i++) {
                System.arraycopy(query, 0, burst, i * query.length, query.length);
            }
            Thread sender = new Thread(() -> {
                try {
                    for (int i = 0; i < queries; i += 100) {
                        socket.getOutputStream().write(burst);
                    }
                } catch (IOException e) {
                    // The reader below comes to an end too, and says so.
                    Thread.currentThread().interrupt();
                }
            });
            sender.start();
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            int ready = 0;
            int rows = 0;
            while (ready < queries + 1) {
                int type = in.readUnsignedByte();
                in.skipNBytes(in.readInt() - 4);
                ready += type == 'Z' ? 1 : 0;
                rows += type == 'D' ? 1 : 0;
            }
            sender.join();
            assertThat(rows).isEqualTo(queries * 10 * 3);
        }
        assertThat(psql("-t", "-c", "select 1")).isEqualTo("1\n");
    }
}
