package org.conmgr.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.conmgr.testkit.lab.Host;
import org.conmgr.testkit.lab.HostProcess;

/**
 * Looks for false alarms: beats every 200 ms with a timeout of 600 ms under everything that can make a healthy peer
 * look dead, in turns. Every verdict of every conmgr and watchdog is judged: was the other end really late?
 */
final class Soak implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(200);
    private static final Duration TIMEOUT = Duration.ofMillis(600);
    private static final Duration TURN = Duration.ofSeconds(20);
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    /** What goes on during a turn. */
    private enum Trouble {
        QUIET("nothing"),
        BURN("twice as many busy loops as cores"),
        FULL_GC("full GCs in every JVM, one after the other"),
        SHORT_STOP("SIGSTOP of a conmgr or watchdog, 50 to 350 ms"),
        LOSS("5 % of the packets lost, each way"),
        JITTER("each packet up to 100 ms late"),
        LONG_STOP("SIGSTOP of a conmgr or watchdog, 0.7 to 2.5 s");

        private final String words;

        Trouble(String words) {
            this.words = words;
        }
    }

    private static final class Count {
        private double seconds;
        private int right;
        private int wrong;
    }

    /** What a node has said, read in pieces. */
    private static final class Reader {
        private final Node node;
        private int read;

        Reader(Node node) {
            this.node = node;
        }

        List<String> verdicts() {
            String output = node.output();
            int end = output.lastIndexOf('\n') + 1;
            List<String> found = output.substring(read, Math.max(read, end))
                    .lines()
                    .filter(line -> line.contains(" declared dead: ") || line.contains(" lost: "))
                    .toList();
            read = Math.max(read, end);
            return found;
        }
    }

    private final LabSite site;
    private final HostProcess relay;
    private final String farAddress;
    private final List<Node> conmgrs = new ArrayList<>();
    private final List<String> conmgrAddresses = new ArrayList<>();
    private final List<Node> watchdogs = new ArrayList<>();
    private final List<Reader> readers = new ArrayList<>();
    private final Map<Trouble, Count> counts = new EnumMap<>(Trouble.class);
    private final Random random = new Random(11);

    private Soak() {
        site = LabSite.start(2, 2, INTERVAL, TIMEOUT);
        Host between = site.lab().client("relay");
        Host far = site.lab().client("far");
        int sql = site.instance(0).port();
        relay = between.java(
                LabRelay.class,
                LabSite.WATCHDOG_PORT + "=" + site.database(0).address() + ":" + LabSite.WATCHDOG_PORT,
                sql + "=" + site.database(0).address() + ":" + sql);
        relay.awaitOutput("relaying", DEADLINE);
        conmgrs.add(site.conmgr(0));
        conmgrs.add(site.conmgr(1));
        conmgrs.add(site.startConmgr(
                far, List.of(between.address(), site.database(1).address())));
        site.awaitLinks(conmgrs.get(2));
        farAddress = far.address();
        conmgrAddresses.addAll(List.of(site.client(0).address(), site.client(1).address(), between.address()));
        watchdogs.add(site.watchdog(0));
        watchdogs.add(site.watchdog(1));
        conmgrs.forEach(node -> readers.add(new Reader(node)));
        watchdogs.forEach(node -> readers.add(new Reader(node)));
        // Whatever the start has brought is none of its business.
        awaitQuiet();
        readers.forEach(Reader::verdicts);
    }

    /** Arguments: minutes, and optionally the troubles, instead of all. */
    public static void main(String[] arguments) {
        Duration time = Duration.ofMillis((long) (Double.parseDouble(arguments[0]) * 60_000));
        List<Trouble> troubles = arguments.length == 1
                ? List.of(Trouble.values())
                : List.of(arguments).subList(1, arguments.length).stream()
                        .map(Trouble::valueOf)
                        .toList();
        System.out.println("load before: " + LabSite.load());
        try (Soak soak = new Soak()) {
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                for (Trouble trouble : troubles) {
                    soak.turn(trouble);
                }
            }
            soak.print();
        }
        System.out.println("load after: " + LabSite.load());
        System.exit(0);
    }

    private void turn(Trouble trouble) {
        site.lab().say("turn: " + trouble.words);
        long start = System.nanoTime();
        switch (trouble) {
            case QUIET -> LabSite.pause(TURN);
            case BURN -> burn();
            case FULL_GC ->
                repeat(() -> {
                    conmgrs.forEach(Soak::collect);
                    watchdogs.forEach(Soak::collect);
                });
            case SHORT_STOP -> repeat(() -> stop(any(), 50 + random.nextInt(300)));
            case LOSS -> {
                site.lab().lose(site.client(0), 5);
                LabSite.pause(TURN);
                site.lab().heal();
            }
            case JITTER -> {
                relay.tell("100");
                LabSite.pause(TURN);
                relay.tell("0");
            }
            case LONG_STOP -> {
                // One at a time, so that each verdict has one cause.
                repeat(() -> {
                    Node stopped = any();
                    stop(stopped, 700 + random.nextInt(1800));
                    awaitQuiet();
                    judge(trouble, line -> isRight(stopped, line));
                });
            }
        }
        awaitQuiet();
        judge(trouble, line -> false);
        counts.computeIfAbsent(trouble, none -> new Count()).seconds += (System.nanoTime() - start) / 1e9;
    }

    private void repeat(Runnable work) {
        long end = System.nanoTime() + TURN.toNanos();
        while (System.nanoTime() < end) {
            work.run();
        }
    }

    private Node any() {
        int index = random.nextInt(conmgrs.size() + watchdogs.size());
        return index < conmgrs.size() ? conmgrs.get(index) : watchdogs.get(index - conmgrs.size());
    }

    private void stop(Node node, int millis) {
        node.freeze();
        LabSite.pause(Duration.ofMillis(millis));
        node.thaw();
        LabSite.pause(Duration.ofMillis(300 + random.nextInt(500)));
    }

    /** Lets what the last trouble has set off come to its end: every link is up, or will be made anew. */
    private static void awaitQuiet() {
        LabSite.pause(TIMEOUT.multipliedBy(3));
    }

    private static void burn() {
        List<Process> loops = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
                loops.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
            }
            LabSite.pause(TURN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            loops.forEach(Process::destroyForcibly);
        }
    }

    private static void collect(Node node) {
        try {
            Process jcmd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(node.pid()),
                            "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!jcmd.waitFor(30, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
                throw new AssertionError("no GC in " + node);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Whether a verdict is what the stop of this node had to lead to. */
    private boolean isRight(Node stopped, String line) {
        int conmgr = conmgrs.indexOf(stopped);
        if (conmgr >= 0) {
            // Its watchdogs miss it. When it goes on it finds its links closed, and declares nobody dead.
            String address = conmgr == 2 ? farAddress : conmgrAddresses.get(conmgr);
            return line.contains(" lost: timed out: ")
                    && (line.contains(" at " + address + " ")
                            || line.contains(" at " + conmgrAddresses.get(conmgr) + " "));
        }
        int watchdog = watchdogs.indexOf(stopped);
        return line.contains(" lost: closed by peer")
                || (line.contains("instance " + watchdog + " ") && line.contains(" declared dead: timed out: "));
    }

    private void judge(Trouble trouble, Predicate<String> right) {
        Count count = counts.computeIfAbsent(trouble, none -> new Count());
        for (Reader reader : readers) {
            for (String line : reader.verdicts()) {
                if (right.test(line)) {
                    count.right++;
                } else {
                    count.wrong++;
                    System.out.println("WRONG during " + trouble + ", " + reader.node + ": " + line);
                }
            }
        }
    }

    private void print() {
        System.out.printf(
                Locale.ROOT,
                "%nbeats %d ms / %d ms, %d links%n%-52s %8s %10s %6s %6s%n",
                INTERVAL.toMillis(),
                TIMEOUT.toMillis(),
                conmgrs.size() * watchdogs.size(),
                "trouble",
                "seconds",
                "beats",
                "right",
                "wrong");
        counts.forEach((trouble, count) -> System.out.printf(
                Locale.ROOT,
                "%-52s %8.0f %10.0f %6d %6d%n",
                trouble.words,
                count.seconds,
                count.seconds * 1000 / INTERVAL.toMillis() * 2 * conmgrs.size() * watchdogs.size(),
                count.right,
                count.wrong));
    }

    @Override
    public void close() {
        conmgrs.get(2).kill();
        site.close();
    }
}
