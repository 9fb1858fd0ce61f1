package org.conmgr.bench.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something to run through a way.
 *
 * @param name e.g. {@code prepared 8}
 * @param unit what the rate counts, for people
 * @param command without host and port, which it takes from the environment
 * @param amount what a run does, in units; 0 when pgbench says it
 */
record Load(String name, String unit, List<String> command, double amount) {
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");
    private static final Pattern DONE = Pattern.compile("actually processed: ([0-9]+)");
    private static final int COPY_ROWS = 400_000;
    private static final int ROW = 1_001;
    private static final int SMALL_ROWS = 6_000_000;
    private static final int SMALL_ROW = 8;

    /**
     * One run.
     *
     * @param rate units a second
     * @param cpu of the proxy, seconds a unit
     */
    record Run(double rate, double cpu) {}

    static void prepare(int instance, Path work) throws IOException {
        require(instance, List.of("pgbench", "-i", "-q", "-s", "10", "postgres"));
        Path rows = work.resolve("rows");
        require(instance, List.of("psql", "-X", "-q", "-c", "create unlogged table copied (t text)", "postgres"));
        require(instance, List.of("psql", "-X", "-q", "-c", "\\copy " + select() + " to '" + rows + "'", "postgres"));
    }

    private static String select() {
        return "(select repeat('x', 1000) from (select generate_series(1, " + COPY_ROWS + ")) s)";
    }

    static List<Load> all(int seconds, Path work) {
        List<Load> loads = new ArrayList<>();
        String time = String.valueOf(seconds);
        for (String mode : new String[] {"simple", "prepared"}) {
            for (String clients : new String[] {"1", "8", "32"}) {
                loads.add(pgbench(mode + " " + clients, "-S", "-M", mode, "-c", clients, "-T", time));
            }
        }
        double megabytes = (double) COPY_ROWS * ROW / 1e6;
        loads.add(new Load(
                "copy out",
                "MB",
                List.of("psql", "-X", "-q", "-o", "/dev/null", "-c", "copy " + select() + " to stdout", "postgres"),
                megabytes));
        String small = "(select 1000000 + n from (select generate_series(1, " + SMALL_ROWS + ") n) s)";
        loads.add(new Load(
                "copy out, small rows",
                "MB",
                List.of("psql", "-X", "-q", "-o", "/dev/null", "-c", "copy " + small + " to stdout", "postgres"),
                (double) SMALL_ROWS * SMALL_ROW / 1e6));
        loads.add(new Load(
                "copy in",
                "MB",
                List.of(
                        "psql",
                        "-X",
                        "-q",
                        "-c",
                        "truncate copied",
                        "-c",
                        "\\copy copied from '" + work.resolve("rows") + "'",
                        "postgres"),
                megabytes));
        for (String clients : new String[] {"1", "8"}) {
            loads.add(pgbench("reconnect " + clients, "-S", "-C", "-c", clients, "-T", time));
        }
        return loads;
    }

    private static Load pgbench(String name, String... options) {
        List<String> command = new ArrayList<>(List.of("pgbench", "-n"));
        command.addAll(List.of(options));
        command.addAll(List.of("-j", name.endsWith(" 1") ? "1" : "2", "postgres"));
        return new Load(name, "tx", command, 0);
    }

    Run run(Way way) throws IOException {
        double before = way.cpu();
        long start = System.nanoTime();
        String output = require(way.port(), command);
        double took = (System.nanoTime() - start) / 1e9;
        double cpu = way.cpu() - before;
        if (amount > 0) {
            return new Run(amount / took, cpu / amount);
        }
        return new Run(number(TPS, output), cpu / number(DONE, output));
    }

    private static double number(Pattern pattern, String output) {
        Matcher matcher = pattern.matcher(output);
        if (!matcher.find()) {
            throw new IllegalStateException("no figure in: " + output);
        }
        return Double.parseDouble(matcher.group(1));
    }

    /** Whether a query comes back. */
    static boolean reaches(int port) {
        try {
            require(port, List.of("psql", "-X", "-c", "select 1", "postgres"));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String require(int port, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PGHOST", "127.0.0.1");
        builder.environment().put("PGPORT", String.valueOf(port));
        builder.environment().put("PGUSER", "postgres");
        builder.environment().put("PGSSLMODE", "disable");
        Path output = Files.createTempFile("conmgr-bench", ".out");
        try {
            Process process = builder.redirectOutput(output.toFile()).start();
            int status = process.waitFor();
            String text = Files.readString(output);
            if (status != 0) {
                throw new IOException(command + ": status " + status + ": " + text);
            }
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        } finally {
            Files.delete(output);
        }
    }
}
