package org.conmgr.itests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.conmgr.embedded.EmbeddedInstance;
import org.jspecify.annotations.NullUnmarked;

/**
 * What the direct path costs once it is connected: {@code pgbench -S} straight to the primary and by way of libpq's
 * companion, and the same query in JDBC with pgjdbc and with our driver, one after the other, round after round.
 */
@NullUnmarked
final class DirectThroughput {
    private static final int ROWS = 100_000;
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

    private DirectThroughput() {}

    private interface Run {
        /** Queries a second. */
        double run() throws Exception;
    }

    /** Arguments: rounds, seconds of a run. */
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        int seconds = Integer.parseInt(arguments[1]);
        try (Site site = Site.start()) {
            EmbeddedInstance primary = site.cluster().primary();
            pgbench(site, primary.port(), "-i", "-q", "-s", "1");
            Map<String, Run> runs = new LinkedHashMap<>();
            for (int clients : new int[] {1, 8}) {
                String[] load = {"-n", "-S", "-M", "prepared", "-c", "" + clients, "-T", "" + seconds};
                runs.put("pgbench -S c" + clients + ", plain", () -> pgbench(site, primary.port(), load));
                runs.put("pgbench -S c" + clients + ", companion", () -> pgbench(site, site.conmgrPort(), load));
            }
            String database = "/postgres?user=postgres";
            runs.put(
                    "JDBC c1, pgjdbc", () -> jdbc("jdbc:postgresql://127.0.0.1:" + primary.port() + database, seconds));
            runs.put(
                    "JDBC c1, conmgr",
                    () -> jdbc(
                            "jdbc:conmgr://127.0.0.1:" + site.conmgrPort() + database + "&targetServerType=primary",
                            seconds));
            print(measure(runs, rounds));
        }
        System.exit(0);
    }

    private static Map<String, List<Double>> measure(Map<String, Run> runs, int rounds) throws Exception {
        Map<String, List<Double>> results = new LinkedHashMap<>();
        List<String> order = new ArrayList<>(runs.keySet());
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i + 1 < order.size(); i += 2) {
                // Who is first changes, for the second finds the machine warmer.
                for (int k : round % 2 == 0 ? new int[] {i, i + 1} : new int[] {i + 1, i}) {
                    String name = order.get(k);
                    results.computeIfAbsent(name, none -> new ArrayList<>())
                            .add(runs.get(name).run());
                }
            }
        }
        return results;
    }

    private static void print(Map<String, List<Double>> results) {
        List<String> names = new ArrayList<>(results.keySet());
        names.sort(String::compareTo);
        System.out.printf(Locale.ROOT, "%n%-26s %12s %12s %12s%n", "queries/s", "median", "min", "max");
        for (String name : names) {
            List<Double> sorted = results.get(name).stream().sorted().toList();
            System.out.printf(
                    Locale.ROOT,
                    "%-26s %12.0f %12.0f %12.0f%n",
                    name,
                    median(sorted),
                    sorted.get(0),
                    sorted.get(sorted.size() - 1));
        }
        for (String[] pair : new String[][] {
            {"pgbench -S c1, plain", "pgbench -S c1, companion"},
            {"pgbench -S c8, plain", "pgbench -S c8, companion"},
            {"JDBC c1, pgjdbc", "JDBC c1, conmgr"}
        }) {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < results.get(pair[0]).size(); i++) {
                ratios.add(results.get(pair[1]).get(i) / results.get(pair[0]).get(i));
            }
            ratios.sort(Double::compareTo);
            System.out.printf(
                    Locale.ROOT,
                    "%s / %s: %.3f (median of the rounds' ratios, %.3f to %.3f)%n",
                    pair[1],
                    pair[0],
                    median(ratios),
                    ratios.get(0),
                    ratios.get(ratios.size() - 1));
        }
    }

    private static double median(List<Double> sorted) {
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }

    /** With the companion when the port is conmgr's. */
    private static double pgbench(Site site, int port, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (port == site.conmgrPort()) {
            command.add(Distribution.unpacked().resolve("bin/conmgr-run").toString());
        }
        command.add("pgbench");
        command.addAll(Arrays.asList(options));
        command.add("host=127.0.0.1 user=postgres dbname=postgres target_session_attrs=read-write port=" + port);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(command + ": " + output);
        }
        Matcher tps = TPS.matcher(output);
        return tps.find() ? Double.parseDouble(tps.group(1)) : 0;
    }

    private static double jdbc(String url, int seconds) throws SQLException {
        Random random = new Random(1);
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement statement =
                        connection.prepareStatement("select abalance from pgbench_accounts where aid = ?")) {
            long queries = 0;
            long begun = System.nanoTime();
            long end = begun + TimeUnit.SECONDS.toNanos(seconds);
            while (System.nanoTime() < end) {
                statement.setInt(1, 1 + random.nextInt(ROWS));
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next()) {
                        throw new IllegalStateException("no such account");
                    }
                    queries++;
                }
            }
            return queries * 1e9 / (System.nanoTime() - begun);
        }
    }
}
