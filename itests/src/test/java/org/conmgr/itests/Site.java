package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.BlockedQuery;
import org.conmgr.testkit.FreePort;

/**
 * A whole site on one machine: a primary with two standbys, a watchdog process beside each, and a client host with its
 * conmgr process. The client host's address is 127.0.0.2, so that ending its backends ends nobody else's.
 */
final class Site implements AutoCloseable {
    static final String CLIENT = "127.0.0.2";
    static final int CHECK_MILLIS = 100;
    static final int INTERVAL_MILLIS = 200;
    static final int TIMEOUT_MILLIS = 1000;

    private final EmbeddedCluster cluster;
    private final List<Node> watchdogs = new ArrayList<>();
    private final int[] watchdogPorts;
    private final int conmgrPort = FreePort.next();
    private final Node.Settings settings;
    private Node conmgr;

    private Site(EmbeddedCluster cluster, Node.Settings settings) {
        this.cluster = cluster;
        this.settings = settings;
        watchdogPorts = new int[cluster.instances().size()];
        for (int i = 0; i < watchdogPorts.length; i++) {
            watchdogPorts[i] = FreePort.next();
            watchdogs.add(startWatchdog(i));
        }
        conmgr = startConmgr();
    }

    /** Starts everything and waits until conmgr knows every instance. */
    static Site start() {
        return start(new Node.Settings());
    }

    /**
     * The same.
     *
     * @param settings what conmgr has besides
     */
    static Site start(Node.Settings settings) {
        EmbeddedCluster cluster = EmbeddedCluster.builder().standbys(2).start();
        Site site;
        try {
            site = new Site(cluster, settings);
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
        try {
            site.awaitLinks();
        } catch (RuntimeException | Error e) {
            site.close();
            throw e;
        }
        return site;
    }

    void awaitLinks() {
        conmgr.awaitOutput("listening for applications");
        for (int i = 0; i < watchdogPorts.length; i++) {
            conmgr.awaitOutput("heartbeat link to instance " + i + " (127.0.0.1:"
                    + instance(i).port() + ") established");
        }
    }

    Node startWatchdog(int number) {
        return Node.start(
                "watchdog" + number,
                new Node.Settings()
                        .with("org.conmgr.watchdog~pg" + number, "port", watchdogPorts[number])
                        .with("org.conmgr.watchdog~pg" + number, "check_attr_interval", CHECK_MILLIS)
                        .with(
                                "org.conmgr.watchdog~pg" + number,
                                "url",
                                instance(number).jdbcUrl("postgres"))
                        .with("org.conmgr.watchdog~pg" + number, "user", EmbeddedInstance.SUPERUSER));
    }

    Node startConmgr() {
        Node.Settings all = new Node.Settings()
                .with(settings)
                .with("org.conmgr.listener", "port", conmgrPort)
                .with("org.conmgr.heartbeat", "heartbeat_interval", INTERVAL_MILLIS + "ms")
                .with("org.conmgr.heartbeat", "heartbeat_timeout", TIMEOUT_MILLIS + "ms")
                .with("org.conmgr.heartbeat", "local_address", CLIENT)
                .with("org.conmgr.gateway", "local_address", CLIENT);
        for (int i = 0; i < watchdogPorts.length; i++) {
            all.with("org.conmgr.instance~" + i, "backend_host", "127.0.0.1")
                    .with(
                            "org.conmgr.instance~" + i,
                            "backend_port",
                            instance(i).port())
                    .with("org.conmgr.instance~" + i, "watchdog_port", watchdogPorts[i]);
        }
        return Node.start("conmgr", all);
    }

    EmbeddedCluster cluster() {
        return cluster;
    }

    EmbeddedInstance instance(int number) {
        return cluster.instances().get(number);
    }

    Node watchdog(int number) {
        return watchdogs.get(number);
    }

    Node watchdogOf(EmbeddedInstance instance) {
        return watchdogs.get(cluster.instances().indexOf(instance));
    }

    void replaceWatchdog(EmbeddedInstance instance) {
        int number = cluster.instances().indexOf(instance);
        watchdogs.get(number).kill();
        watchdogs.set(number, startWatchdog(number));
    }

    Node conmgr() {
        return conmgr;
    }

    void replaceConmgr() {
        conmgr.kill();
        conmgr = startConmgr();
    }

    int conmgrPort() {
        return conmgrPort;
    }

    int watchdogPort(int number) {
        return watchdogPorts[number];
    }

    /** Connects as an application on the client host does. */
    Connection connect(String targetServerType) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", EmbeddedInstance.SUPERUSER);
        properties.setProperty("targetServerType", targetServerType);
        properties.setProperty("localSocketAddress", CLIENT);
        properties.setProperty("connectTimeout", "5");
        return DriverManager.getConnection("jdbc:conmgr://127.0.0.1:" + conmgrPort + "/postgres", properties);
    }

    /** The number of the instance a connection leads to. */
    int instanceOf(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("select inet_server_port()")) {
            row.next();
            int port = row.getInt(1);
            for (int i = 0; i < watchdogPorts.length; i++) {
                if (instance(i).port() == port) {
                    return i;
                }
            }
            throw new AssertionError("no instance has port " + port);
        }
    }

    /** The new primary's standbys: the old primary is built anew, the others follow. */
    void follow(EmbeddedInstance primary, EmbeddedInstance old) {
        old.makeStandbyOf(primary);
        for (EmbeddedInstance other : cluster.standbys()) {
            if (!other.equals(old)) {
                other.follow(primary);
            }
        }
        awaitRoutes();
    }

    /** All three instances are offered again. */
    void awaitRoutes() {
        Await.passes("a route to every instance", Duration.ofSeconds(30), () -> {
            List<Connection> open = new ArrayList<>();
            try {
                Set<Integer> reached = new HashSet<>();
                for (int i = 0; i < 6; i++) {
                    Connection connection = connect(i == 0 ? "primary" : "any");
                    open.add(connection);
                    reached.add(instanceOf(connection));
                }
                assertThat(reached).hasSize(3);
            } catch (SQLException e) {
                throw new AssertionError(e);
            } finally {
                for (Connection connection : open) {
                    connection.close();
                }
            }
        });
    }

    /** Runs a query that lasts for ever on another thread, and waits until it runs; the future is its failure. */
    static CompletableFuture<SQLException> block(Connection connection, EmbeddedInstance on) throws SQLException {
        CompletableFuture<SQLException> failure = BlockedQuery.start(connection);
        Await.until("the query runs", () -> sleepers(on) == 1);
        return failure;
    }

    /** How many of those queries run there. */
    static int sleepers(EmbeddedInstance on) throws SQLException {
        return Integer.parseInt(on.query("select count(*) from pg_stat_activity where query = '" + BlockedQuery.SQL
                + "' and state = 'active' and client_addr = '" + CLIENT + "'"));
    }

    @Override
    public void close() {
        conmgr.close();
        watchdogs.forEach(Node::kill);
        cluster.close();
    }
}
