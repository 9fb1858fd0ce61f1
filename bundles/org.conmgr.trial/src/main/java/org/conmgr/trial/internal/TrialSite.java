package org.conmgr.trial.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;

/** The servers of the trial, and the configuration files an administrator would write for them. */
final class TrialSite implements AutoCloseable {
    static final String INTERVAL = "200ms";
    static final String TIMEOUT = "1s";
    private final EmbeddedCluster cluster;
    private final int[] watchdogPorts;

    private TrialSite(EmbeddedCluster cluster) throws IOException {
        this.cluster = cluster;
        watchdogPorts = new int[cluster.instances().size()];
        for (int i = 0; i < watchdogPorts.length; i++) {
            watchdogPorts[i] = freePort();
        }
    }

    static TrialSite start() throws IOException {
        EmbeddedCluster cluster = EmbeddedCluster.builder().standbys(2).start();
        try {
            return new TrialSite(cluster);
        } catch (IOException e) {
            cluster.close();
            throw e;
        }
    }

    EmbeddedCluster cluster() {
        return cluster;
    }

    int numberOf(EmbeddedInstance instance) {
        return cluster.instances().indexOf(instance);
    }

    /** Writes conmgr's and the watchdogs' files into an {@code etc/}; returns the PIDs written. */
    List<String> configure(Path etc) throws IOException {
        Map<String, Map<String, String>> pids = new LinkedHashMap<>();
        for (int i = 0; i < watchdogPorts.length; i++) {
            pids.put(
                    "org.conmgr.watchdog~pg" + i,
                    Map.of(
                            "port",
                            Integer.toString(watchdogPorts[i]),
                            "listen_addresses",
                            "127.0.0.1",
                            "url",
                            cluster.instances().get(i).jdbcUrl("postgres"),
                            "user",
                            EmbeddedInstance.SUPERUSER,
                            "check_attr_interval",
                            "100",
                            "check_timeout",
                            TIMEOUT));
        }
        pids.putAll(links("127.0.0.1"));
        pids.put("org.conmgr.log", Map.of("log_destination", "trial"));
        return write(etc, pids);
    }

    /** Writes the files of another client host, whose address is this. */
    void configureClient(Path etc, int itsPort, String address) throws IOException {
        Map<String, Map<String, String>> pids = links(address);
        pids.put("org.conmgr.listener", Map.of("port", Integer.toString(itsPort)));
        write(etc, pids);
    }

    private Map<String, Map<String, String>> links(String address) {
        Map<String, Map<String, String>> pids = new LinkedHashMap<>();
        for (int i = 0; i < watchdogPorts.length; i++) {
            pids.put(
                    "org.conmgr.instance~" + i,
                    Map.of(
                            "backend_hostaddr", "127.0.0.1",
                            "backend_port",
                                    Integer.toString(cluster.instances().get(i).port()),
                            "watchdog_port", Integer.toString(watchdogPorts[i])));
        }
        pids.put(
                "org.conmgr.heartbeat",
                Map.of("heartbeat_interval", INTERVAL, "heartbeat_timeout", TIMEOUT, "local_address", address));
        return pids;
    }

    private static List<String> write(Path etc, Map<String, Map<String, String>> pids) throws IOException {
        Files.createDirectories(etc);
        List<String> files = new ArrayList<>();
        for (Map.Entry<String, Map<String, String>> pid : pids.entrySet()) {
            List<String> lines = new ArrayList<>();
            pid.getValue().forEach((key, value) -> lines.add(key + " = " + value));
            lines.sort(null);
            // Karaf reads NAME behind a hyphen as the ~NAME of a factory configuration.
            String file = pid.getKey().replace('~', '-');
            Path unfinished = Files.write(etc.resolve(file + ".tmp"), lines);
            Files.move(unfinished, etc.resolve(file + ".cfg"), StandardCopyOption.REPLACE_EXISTING);
            files.add(file);
        }
        return files;
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        cluster.close();
    }
}
