package org.conmgr.bench.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.conmgr.embedded.EmbeddedCluster;

/**
 * Measures pgbench and COPY through the distribution's gateway, HAProxy (mode tcp), PgBouncer (session pool) and none,
 * interleaved: in every round each load runs through each way once, in a turning order. What is compared is the median
 * of the ratios of one round. The gateway runs as it is started by default, and with Java's second compiler. Clients,
 * proxies and the instance share the machine; proxies are pinned alike. The directory of a run that fails is kept.
 *
 * <p>Arguments: rounds (5), seconds a run (4). System property {@code proxy.cpus}: for {@code taskset}, e.g. {@code 0-1}.
 */
public final class Main {
    /** The first of the ways. */
    private static final int PEERS = 3;

    private static final int WARMING_ROUNDS = 2;

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;
        Path work = Files.createTempDirectory("conmgr-bench");
        try (EmbeddedCluster cluster = EmbeddedCluster.builder()
                .standbys(0)
                .setting("max_connections", "200")
                .start()) {
            int instance = cluster.primary().port();
            Load.prepare(instance, work);
            List<Way> ways = new ArrayList<>();
            try {
                ways.add(Way.direct(instance));
                ways.add(Way.haproxy(instance, work));
                ways.add(Way.pgbouncer(instance, work));
                ways.add(Way.gateway("gateway", instance, work, ""));
                ways.add(Way.gateway("gateway C2", instance, work, "-XX:TieredStopAtLevel=4"));
                Table table = new Table(ways.subList(0, PEERS), ways.subList(PEERS, ways.size()));
                measure(ways, Load.all(seconds, work), rounds, table);
                System.out.print(table.text());
            } finally {
                for (Way way : ways) {
                    way.close();
                }
            }
        }
        try (Stream<Path> files = Files.walk(work)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void measure(List<Way> ways, List<Load> loads, int rounds, Table table) throws IOException {
        // A JVM has to run its code some thousand times before it is what it stays.
        for (int warming = 0; warming < WARMING_ROUNDS; warming++) {
            for (Way way : ways) {
                for (Load load : loads) {
                    load.run(way);
                }
            }
        }
        for (int round = 0; round < rounds; round++) {
            for (Load load : loads) {
                for (int i = 0; i < ways.size(); i++) {
                    Way way = ways.get((i + round) % ways.size());
                    table.add(load, way, load.run(way));
                }
            }
            System.err.printf(Locale.ROOT, "round %d of %d%n", round + 1, rounds);
        }
    }
}
