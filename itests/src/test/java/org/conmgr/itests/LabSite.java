package org.conmgr.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.embedded.Placement;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.lab.Host;
import org.conmgr.testkit.lab.HostProcess;
import org.conmgr.testkit.lab.Lab;
import org.jspecify.annotations.Nullable;

/**
 * A whole site on the hosts of a {@link Lab}: on each database host a PostgreSQL and its watchdog, on each client host a
 * conmgr. Every process is the distribution's, in the network namespace of its host.
 */
final class LabSite implements AutoCloseable {
    static final int CONMGR_PORT = 27546;
    static final int WATCHDOG_PORT = 27545;
    static final int CHECK_MILLIS = 100;

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final String LAB_NET = "198.18.0.0/15";

    private final Lab lab = Lab.open();
    private final Duration interval;
    private final Duration timeout;
    private final List<Host> databases = new ArrayList<>();
    private final List<Host> clients = new ArrayList<>();
    private final List<Node> watchdogs = new ArrayList<>();
    private final List<Node> conmgrs = new ArrayList<>();
    private final Node.Settings extra;
    private @Nullable EmbeddedCluster cluster;

    private LabSite(Duration interval, Duration timeout, Node.Settings extra) {
        this.interval = interval;
        this.timeout = timeout;
        this.extra = extra;
    }

    /**
     * Starts everything and waits until every conmgr knows every instance.
     *
     * @param databases how many database hosts; the first is the primary's
     */
    static LabSite start(int databases, int clients, Duration interval, Duration timeout) {
        return start(databases, clients, interval, timeout, new Node.Settings());
    }

    /** @param extra more settings for every conmgr and watchdog */
    static LabSite start(int databases, int clients, Duration interval, Duration timeout, Node.Settings extra) {
        LabSite site = new LabSite(interval, timeout, extra);
        try {
            site.begin(databases, clients);
            return site;
        } catch (RuntimeException | Error e) {
            site.close();
            throw e;
        }
    }

    private void begin(int databaseHosts, int clientHosts) {
        List<Placement> placements = new ArrayList<>();
        for (int i = 1; i <= databaseHosts; i++) {
            Host host = lab.database("db" + i);
            databases.add(host);
            placements.add(new Placement(host.prefix(), host.management(), host.address()));
        }
        for (int i = 1; i <= clientHosts; i++) {
            clients.add(lab.client("web" + i));
        }
        cluster = EmbeddedCluster.builder()
                .standbys(databaseHosts - 1)
                .placements(placements)
                .listenAddresses("*")
                .hba("host all all " + LAB_NET + " trust")
                .hba("host replication all " + LAB_NET + " trust")
                .setting("max_connections", "400")
                .start();
        lab.say("PostgreSQL runs on " + databases);
        for (int i = 0; i < databaseHosts; i++) {
            watchdogs.add(startWatchdog(i));
        }
        for (int i = 0; i < clientHosts; i++) {
            conmgrs.add(startConmgr(i));
        }
        for (Node conmgr : conmgrs) {
            awaitLinks(conmgr);
        }
        lab.say("every conmgr on " + clients + " knows every instance");
    }

    Node startWatchdog(int number) {
        return startWatchdog(number, new Node.Settings());
    }

    private Node startWatchdog(int number, Node.Settings more) {
        String pid = "org.conmgr.watchdog~pg" + number;
        return Node.start(
                "watchdog",
                new Node.Settings()
                        .with("org.conmgr.auth", "auth", "trust")
                        .with(extra)
                        .with(more)
                        .with(pid, "port", WATCHDOG_PORT)
                        .with(pid, "check_attr_interval", CHECK_MILLIS)
                        .with(
                                pid,
                                "url",
                                "jdbc:postgresql://127.0.0.1:"
                                        + instance(number).port() + "/postgres")
                        .with(pid, "user", EmbeddedInstance.SUPERUSER),
                databases.get(number));
    }

    Node startConmgr(int number) {
        return startConmgr(
                clients.get(number), databases.stream().map(Host::address).toList());
    }

    /** @param addresses where this conmgr finds the instances */
    Node startConmgr(Host client, List<String> addresses) {
        return startConmgr(client, addresses, new Node.Settings());
    }

    /** @param more settings */
    Node startConmgr(Host client, List<String> addresses, Node.Settings more) {
        Node.Settings settings = new Node.Settings()
                .with("org.conmgr.auth", "auth", "trust")
                .with(extra)
                .with(more)
                .with("org.conmgr.listener", "port", CONMGR_PORT)
                .with("org.conmgr.heartbeat", "heartbeat_interval", interval.toMillis() + "ms")
                .with("org.conmgr.heartbeat", "heartbeat_timeout", timeout.toMillis() + "ms")
                .with("org.conmgr.heartbeat", "heartbeat_connect_interval", "200ms")
                .with("org.conmgr.heartbeat", "heartbeat_connect_timeout", "1s");
        for (int i = 0; i < databases.size(); i++) {
            String pid = "org.conmgr.instance~" + i;
            settings.with(pid, "backend_host", addresses.get(i))
                    .with(pid, "backend_port", instance(i).port())
                    .with(pid, "watchdog_port", WATCHDOG_PORT);
        }
        return Node.start("conmgr", settings, client);
    }

    void awaitLinks(Node conmgr) {
        conmgr.awaitOutput("listening for applications");
        for (int i = 0; i < databases.size(); i++) {
            String link = "heartbeat link to instance " + i + " (";
            Await.until(conmgr + " has a " + link + "...)", DEADLINE, () -> conmgr.output()
                    .lines()
                    .anyMatch(line -> line.contains(link) && line.contains(") established")));
        }
    }

    Lab lab() {
        return lab;
    }

    EmbeddedCluster cluster() {
        return Objects.requireNonNull(cluster, "not started");
    }

    EmbeddedInstance instance(int number) {
        return cluster().instances().get(number);
    }

    Host database(int number) {
        return databases.get(number);
    }

    List<Host> clients() {
        return List.copyOf(clients);
    }

    Host client(int number) {
        return clients.get(number);
    }

    Node watchdog(int number) {
        return watchdogs.get(number);
    }

    void replaceWatchdog(int number) {
        replaceWatchdog(number, new Node.Settings());
    }

    /** @param more settings */
    void replaceWatchdog(int number, Node.Settings more) {
        watchdogs.get(number).kill();
        watchdogs.set(number, startWatchdog(number, more));
    }

    Node conmgr(int number) {
        return conmgrs.get(number);
    }

    /** Where applications on a client host connect to. */
    static String url(String target) {
        return "jdbc:conmgr://127.0.0.1:" + CONMGR_PORT + "/postgres?user=" + EmbeddedInstance.SUPERUSER
                + "&connectTimeout=30&targetServerType=" + target;
    }

    /** Starts an application on a client host; it waits for its orders. */
    HostProcess application(int client) {
        return application(client, "");
    }

    /** @param parameters more parameters of the URL, each with its {@code &} */
    HostProcess application(int client, String parameters) {
        return clients.get(client)
                .java(LabApplication.class, url("primary") + parameters, Integer.toString(client + 1));
    }

    /** The same, with sessions through the gateway too. */
    HostProcess applicationWithGateway(int client) {
        String gateway = "jdbc:postgresql://127.0.0.1:" + CONMGR_PORT + "/postgres?user=" + EmbeddedInstance.SUPERUSER
                + "&connectTimeout=30";
        return clients.get(client).java(LabApplication.class, url("primary"), Integer.toString(client + 1), gateway);
    }

    /** Lets a part of a time pass, so that a fault falls anywhere between two beats. */
    static void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Waits until every application has reported the end of each of its sessions. */
    static void awaitEnds(List<HostProcess> applications, int round) {
        awaitEnds(applications, round, LabApplication.Kind.all(false).size());
    }

    /** @param sessions how many each application has */
    static void awaitEnds(List<HostProcess> applications, int round, int sessions) {
        for (HostProcess application : applications) {
            Await.passes(application + " has lost its sessions of round " + round, DEADLINE, () -> {
                long ended = application.lines().stream()
                        .filter(line -> line.startsWith("ended " + round + " "))
                        .count();
                if (ended < sessions) {
                    throw new AssertionError("its output is:\n" + application.output());
                }
            });
        }
    }

    /** {@code 0.52 0.58 0.59 1/467 9817}: what else this machine does. */
    static String load() {
        try {
            return Files.readString(Path.of("/proc/loadavg")).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    @Override
    public void close() {
        conmgrs.forEach(Node::kill);
        watchdogs.forEach(Node::kill);
        if (cluster != null) {
            databases.forEach(lab::thaw);
            cluster.close();
        }
        lab.close();
    }
}
