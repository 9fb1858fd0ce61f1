package org.conmgr.embedded;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What all instances of a cluster have in common.
 *
 * @param settings for {@code postgresql.conf}, over {@link #DEFAULTS}
 * @param roles login roles, with their passwords; an empty password: none is asked for
 * @param placements where the first instances run; the others beside this JVM
 * @param hba lines of {@code pg_hba.conf}, tried before our own but for the superuser's
 */
record ClusterOptions(
        EmbeddedBinaries binaries,
        int standbys,
        List<Placement> placements,
        String listenAddresses,
        Map<String, String> settings,
        Map<String, String> roles,
        List<String> hba,
        @Nullable Tls tls) {

    record Tls(Path certificate, Path key) {}

    private static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("fsync", "off"),
            Map.entry("shared_buffers", "32MB"),
            // Relative to the data directory, as a socket's absolute path may be too long.
            Map.entry("unix_socket_directories", "."),
            // Files that vanish with the data directory, whatever kills the server.
            Map.entry("dynamic_shared_memory_type", "mmap"),
            Map.entry("password_encryption", "scram-sha-256"),
            Map.entry("log_line_prefix", "%m [%p] %b %q%u@%d %r %a "),
            Map.entry("log_timezone", "UTC"),
            Map.entry("timezone", "UTC"),
            Map.entry("wal_keep_size", "256MB"),
            Map.entry("wal_retrieve_retry_interval", "50ms"),
            Map.entry("wal_receiver_status_interval", "1s"),
            Map.entry("wal_receiver_timeout", "5s"),
            Map.entry("wal_sender_timeout", "5s"));

    Placement placement(int index) {
        return index < placements.size() ? placements.get(index) : Placement.HERE;
    }

    /** The whole {@code postgresql.conf} of an instance. */
    String postgresqlConf(String name, int port, @Nullable EmbeddedInstance upstream) {
        Map<String, String> all = new TreeMap<>(DEFAULTS);
        if (tls != null) {
            all.put("ssl", "on");
        }
        all.putAll(settings);
        all.put("cluster_name", name);
        all.put("listen_addresses", listenAddresses);
        all.put("port", Integer.toString(port));
        if (upstream != null) {
            all.put(
                    "primary_conninfo",
                    "host=" + upstream.peerAddress() + " port=" + upstream.port() + " user="
                            + EmbeddedInstance.SUPERUSER + " application_name=" + name
                            + " sslmode=disable gssencmode=disable connect_timeout=2");
        }
        return all.entrySet().stream()
                .map(setting -> setting.getKey() + " = '" + escaped(setting.getValue()) + "'\n")
                .collect(Collectors.joining());
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n");
    }

    /** The whole {@code pg_hba.conf}. */
    String pgHba() {
        StringBuilder lines = new StringBuilder();
        String loopback = " 127.0.0.0/8 trust\n";
        lines.append("local all all trust\n");
        lines.append("host all ").append(EmbeddedInstance.SUPERUSER).append(loopback);
        lines.append("host replication ").append(EmbeddedInstance.SUPERUSER).append(loopback);
        hba.forEach(line -> lines.append(line).append('\n'));
        roles.forEach((role, password) -> {
            if (!password.isEmpty()) {
                lines.append("host all \"").append(role).append("\" all scram-sha-256\n");
            }
        });
        return lines.append("host all all").append(loopback).toString();
    }
}
