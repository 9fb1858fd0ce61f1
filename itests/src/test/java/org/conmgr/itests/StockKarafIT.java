package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * {@code feature:repo-add} and {@code feature:install} in a Karaf that is not ours: each feature comes alone, does its
 * job, and goes without a rest.
 */
@NullUnmarked
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StockKarafIT {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final Pattern FEATURE = Pattern.compile("<feature name=\"([^\"]+)\"(?! hidden)");
    private static final Pattern PART = Pattern.compile("<feature version=\"[^\"]+\">([^<]+)<");

    private static final List<String> TRIED_AT_WORK = List.of("watchdog", "conmgr", "conmgr-log-syslog");
    private static final int PORT = FreePort.next();
    private static final int WATCHDOG = FreePort.next();

    @RegisterExtension
    static final StockKaraf KARAF = new StockKaraf();

    private static EmbeddedCluster cluster;

    /** What Karaf had before. */
    private static Set<String> stock;

    @BeforeAll
    static void prepare() throws Exception {
        cluster = EmbeddedCluster.builder().standbys(0).start();
        KARAF.write("org.conmgr.listener", Map.of("port", String.valueOf(PORT)));
        KARAF.write(
                "org.conmgr.watchdog~n0",
                Map.of(
                        "port", String.valueOf(WATCHDOG),
                        "url", cluster.primary().jdbcUrl("postgres"),
                        "user", EmbeddedInstance.SUPERUSER));
        KARAF.write(
                "org.conmgr.instance~0",
                Map.of(
                        "backend_host", "127.0.0.1",
                        "backend_port", String.valueOf(cluster.primary().port()),
                        "watchdog_port", String.valueOf(WATCHDOG)));
        stock = KARAF.beans().bundles().keySet();
        KARAF.beans().addRepository(repository());
    }

    @AfterAll
    static void close() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static String repository() throws IOException {
        return "mvn:org.conmgr/conmgr-features/" + featuresFile().getParent().getFileName() + "/xml/features";
    }

    private static Path featuresFile() throws IOException {
        try (Stream<Path> files = Files.walk(Distribution.unpacked().resolve("system/org/conmgr/conmgr-features"))) {
            return files.filter(file -> file.toString().endsWith("-features.xml"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Every feature that is no part of another one, whichever there are: its bundles start, and go with it. */
    @Test
    @Order(1)
    void everyFeatureComesAndGoesAlone() throws Exception {
        String file = Files.readString(featuresFile());
        Set<String> features = names(FEATURE, file);
        features.removeAll(names(PART, file));
        assertThat(features).containsAll(TRIED_AT_WORK).contains("conmgr-jdbc", "conmgr-log-eventlog");
        features.removeAll(TRIED_AT_WORK);
        for (String feature : features) {
            long start = System.nanoTime();
            KARAF.beans().installFeature(feature);
            assertThat(added()).as("bundles of " + feature).isNotEmpty();
            assertNoIdleBundle();
            KARAF.beans().uninstallFeature(feature);
            assertThat(added()).as("what " + feature + " leaves behind").isEmpty();
            System.out.println(
                    feature + ": " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms to come and go");
        }
    }

    private static void assertNoIdleBundle() throws Exception {
        Map<String, String> idle = added();
        idle.values().removeIf("Active"::equals);
        assertThat(idle.keySet())
                .as("bundles that are not Active: only fragments")
                .allMatch(name -> name.startsWith("io.netty.transport-native-epoll.linux-"));
    }

    private static Set<String> names(Pattern pattern, String file) {
        return pattern.matcher(file)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, String> added() throws Exception {
        Map<String, String> bundles = KARAF.beans().bundles();
        bundles.keySet().removeAll(stock);
        return bundles;
    }

    @Test
    @Order(2)
    void theRolesAndTheSinksDoTheirJob() throws Exception {
        KARAF.beans().installFeature("watchdog");
        Await.until("the watchdog accepts", DEADLINE, () -> listens(WATCHDOG));
        assertThat(listens(PORT)).as("the port of a conmgr").isFalse();

        KARAF.beans().installFeature("conmgr");
        Await.until("conmgr listens", DEADLINE, () -> listens(PORT));
        try (Connection console = DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + PORT + "/conmgr", EmbeddedInstance.SUPERUSER, "")) {
            assertThat(first(console, "SHOW VERSION")).startsWith("conmgr ");
        }
        Await.passes("it routes", DEADLINE, () -> {
            try (Connection connection = DriverManager.getConnection(
                    "jdbc:conmgr://127.0.0.1:" + PORT + "/postgres?targetServerType=primary",
                    EmbeddedInstance.SUPERUSER,
                    "")) {
                assertThat(first(connection, "select inet_server_port()"))
                        .isEqualTo(String.valueOf(cluster.primary().port()));
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(KARAF.output())
                .as("the destination stderr, which comes with the roles")
                .contains("LOG:  CM4001: listening for applications on ");

        try (DatagramSocket syslog = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            syslog.setSoTimeout(200);
            KARAF.beans().installFeature("conmgr-log-syslog");
            KARAF.write("org.conmgr.log.syslog", Map.of("syslog_server", "udp://127.0.0.1:" + syslog.getLocalPort()));
            KARAF.write("org.conmgr.log", Map.of("log_destination", "syslog", "log_min_messages", "DEBUG"));
            Await.until("rubbish is told to syslog", DEADLINE, () -> {
                rubbish();
                return receive(syslog).contains("CM4004");
            });
        }
        assertNoIdleBundle();
        for (String feature : TRIED_AT_WORK) {
            KARAF.beans().uninstallFeature(feature);
        }
        assertThat(added()).isEmpty();
    }

    private static String receive(DatagramSocket syslog) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        try {
            syslog.receive(packet);
        } catch (SocketTimeoutException e) {
            return "";
        }
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    /** Makes conmgr say that it closed a connection. */
    private static void rubbish() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    @Order(3)
    void nothingIsWrongInTheLog() {
        assertThat(KARAF.log().lines().filter(line -> line.contains("| ERROR |")))
                .isEmpty();
    }

    private static String first(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            assertThat(row.next()).as(query).isTrue();
            return row.getString(1);
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
