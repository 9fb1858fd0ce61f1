package org.conmgr.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.lab.Host;
import org.conmgr.testkit.lab.HostProcess;
import org.jspecify.annotations.Nullable;

/**
 * Looks for false alarms: beats every 200 ms with a timeout of 600 ms under everything that can make a healthy peer
 * look dead, in turns. Every verdict of every conmgr and watchdog is judged by what really passed on the wire: had the
 * other end sent, and had it come?
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
        CLOCK("clocks of a conmgr and a watchdog set, by up to 3 h"),
        LONG_STOP("SIGSTOP of a conmgr or watchdog, 0.9 to 2.5 s");

        private final String words;

        Trouble(String words) {
            this.words = words;
        }
    }

    private static final class Count {
        private double seconds;
        private long sent;
        private double longestGap;
        private int right;
        private int stoodStill;
        private int wrong;
    }

    /** A conmgr or a watchdog, with what passes at its host. */
    private record Member(Node node, Host host, Wire wire) {}

    /** What a node has said, read in pieces. */
    private static final class Reader {
        private final Member member;
        private int read;

        Reader(Member member) {
            this.member = member;
        }

        List<String> verdicts() {
            String output = member.node().output();
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
    private final Host between;
    private final List<Member> conmgrs = new ArrayList<>();
    private final List<Member> watchdogs = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();
    private final List<Reader> readers = new ArrayList<>();
    private final List<Node> clocks = new ArrayList<>();
    private final Map<Trouble, Count> counts = new EnumMap<>(Trouble.class);
    private final Witness witness = new Witness(TIMEOUT);
    private final Random random = new Random(11);

    /** @param faketime for a conmgr and a watchdog; null for none */
    private Soak(@Nullable Path faketime) {
        site = LabSite.start(2, 2, INTERVAL, TIMEOUT);
        between = site.lab().client("relay");
        Host far = site.lab().client("far");
        int sql = site.instance(0).port();
        relay = between.java(
                LabRelay.class,
                LabSite.WATCHDOG_PORT + "=" + site.database(0).address() + ":" + LabSite.WATCHDOG_PORT,
                sql + "=" + site.database(0).address() + ":" + sql);
        relay.awaitOutput("relaying", DEADLINE);
        conmgrs.add(member(site.conmgr(0), site.client(0)));
        conmgrs.add(member(site.conmgr(1), site.client(1)));
        Node.Settings clock = new Node.Settings();
        if (faketime != null) {
            clock.clock(faketime);
            site.replaceWatchdog(1, clock);
        }
        Node remote = site.startConmgr(
                far, List.of(between.address(), site.database(1).address()), clock);
        conmgrs.add(member(remote, far));
        site.awaitLinks(remote);
        Await.until("every conmgr has a link to each watchdog", DEADLINE, () -> Stream.of(0, 1)
                .allMatch(number -> site.watchdog(number)
                                .output()
                                .lines()
                                .filter(line -> line.contains(" established"))
                                .count()
                        >= 3));
        watchdogs.add(member(site.watchdog(0), site.database(0)));
        watchdogs.add(member(site.watchdog(1), site.database(1)));
        members.addAll(conmgrs);
        members.addAll(watchdogs);
        members.forEach(member -> readers.add(new Reader(member)));
        if (faketime != null) {
            clocks.addAll(List.of(remote, site.watchdog(1)));
            clocks.forEach(Soak::requireClock);
        }
        // Whatever the start has brought is none of its business.
        awaitQuiet();
        readers.forEach(Reader::verdicts);
        members.forEach(member -> member.wire().forget());
    }

    private static void requireClock(Node node) {
        try {
            if (!Files.readString(Path.of("/proc", Long.toString(node.pid()), "maps"))
                    .contains("faketime")) {
                throw new AssertionError(node + " runs without libfaketime");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Member member(Node node, Host host) {
        return new Member(node, host, Wire.tap(host, site.lab().directory(), LabSite.WATCHDOG_PORT));
    }

    /** Arguments: minutes, and optionally the troubles, instead of all. */
    public static void main(String[] arguments) {
        Duration time = Duration.ofMillis((long) (Double.parseDouble(arguments[0]) * 60_000));
        List<Trouble> troubles = new ArrayList<>(
                arguments.length == 1
                        ? List.of(Trouble.values())
                        : List.of(arguments).subList(1, arguments.length).stream()
                                .map(Trouble::valueOf)
                                .toList());
        System.out.println("load before: " + LabSite.load());
        Path faketime = troubles.contains(Trouble.CLOCK) ? faketime() : null;
        if (faketime == null && troubles.remove(Trouble.CLOCK)) {
            System.out.println("SKIPPED, there is no libfaketime: " + Trouble.CLOCK.words);
        }
        int wrong;
        try (Soak soak = new Soak(faketime)) {
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                for (Trouble trouble : troubles) {
                    soak.turn(trouble);
                }
            }
            soak.print();
            wrong = soak.counts.values().stream().mapToInt(count -> count.wrong).sum();
        }
        System.out.println("load after: " + LabSite.load());
        System.exit(wrong == 0 ? 0 : 1);
    }

    /** The library for programs of several threads; null if it is not there. */
    private static @Nullable Path faketime() {
        try (Stream<Path> found = Files.find(
                Path.of("/usr/lib"),
                3,
                (path, attributes) -> path.endsWith("faketime/libfaketimeMT.so.1") && attributes.isRegularFile())) {
            return found.findAny().orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void turn(Trouble trouble) {
        site.lab().say("turn: " + trouble.words);
        long start = System.nanoTime();
        switch (trouble) {
            case QUIET -> LabSite.pause(TURN);
            case BURN -> burn();
            case FULL_GC -> repeat(() -> members.forEach(member -> collect(member.node())));
            case SHORT_STOP -> repeat(() -> stop(any().node(), 50 + random.nextInt(300)));
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
            case CLOCK -> {
                repeat(() -> {
                    Node set = clocks.get(random.nextInt(clocks.size()));
                    // From a little more than nothing to three hours, either way.
                    double seconds = Math.exp(random.nextDouble() * 13 - 3) * (random.nextBoolean() ? 1 : -1);
                    set.setClock(Duration.ofMillis((long) (seconds * 1000)));
                    LabSite.pause(Duration.ofMillis(1000 + random.nextInt(1000)));
                });
                clocks.forEach(node -> node.setClock(Duration.ZERO));
            }
            case LONG_STOP ->
                // One at a time, so that each verdict has one cause.
                repeat(() -> {
                    Member stopped = any();
                    stop(stopped.node(), 900 + random.nextInt(1600));
                    awaitQuiet();
                    int links = watchdogs.contains(stopped) ? conmgrs.size() : watchdogs.size();
                    int right = judge(trouble, stopped);
                    if (right < links) {
                        count(trouble).wrong += links - right;
                        System.out.println("WRONG during " + trouble + ": " + stopped.node()
                                + " was stopped, and missed on " + right + " of its " + links + " links");
                    }
                });
        }
        awaitQuiet();
        judge(trouble, null);
        count(trouble).seconds += (System.nanoTime() - start) / 1e9;
    }

    private void repeat(Runnable work) {
        long end = System.nanoTime() + TURN.toNanos();
        while (System.nanoTime() < end) {
            work.run();
        }
    }

    private Member any() {
        return members.get(random.nextInt(members.size()));
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
                // After so many seconds of processor time they end by themselves, in case this process does not do it.
                loops.add(new ProcessBuilder("sh", "-c", "ulimit -t 30; while :; do :; done").start());
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

    /**
     * Judges what has been decided since this was last called, and counts it.
     *
     * @param stopped who was made to stand still for longer than the timeout
     * @return how many verdicts were on that one
     */
    private int judge(Trouble trouble, @Nullable Member stopped) {
        Count count = count(trouble);
        int right = 0;
        for (Reader reader : readers) {
            for (String line : reader.verdicts()) {
                Member judge = reader.member;
                Member peer = peer(judge, line);
                if (!line.contains(": timed out: ")) {
                    if (!Witness.gaveUp(end(peer, judge))) {
                        count.wrong++;
                        System.out.println("WRONG during " + trouble + ", " + judge.node()
                                + ", nothing that passed on the wire explains it: " + line);
                    }
                    continue; // The other end's verdict was the first, and is judged.
                }
                Witness.Statement statement = witness.judge(line, end(judge, peer), end(peer, judge));
                boolean stoodStill = statement.finding() == Witness.Finding.STOOD_STILL;
                boolean relayStoodStill =
                        statement.finding() == Witness.Finding.LOST_ON_THE_WAY && relayed(judge, peer);
                if (stoodStill && peer.equals(stopped)) {
                    right++;
                    continue;
                }
                if (stoodStill || relayStoodStill) {
                    count.stoodStill++;
                    System.out.print("right, " + (stoodStill ? peer.node() : relay) + " stood still");
                } else {
                    count.wrong++;
                    System.out.print("WRONG");
                }
                System.out.println(" during " + trouble + ", " + statement.words() + "; " + judge.node() + ": " + line);
            }
        }
        count.right += right;
        for (Member member : members) {
            Witness.Sent sent =
                    Witness.sent(member.wire().segments(), member.host().address());
            count.sent += sent.segments();
            count.longestGap = Math.max(count.longestGap, sent.longestGapMillis());
            member.wire().forget();
        }
        return right;
    }

    private Count count(Trouble trouble) {
        return counts.computeIfAbsent(trouble, none -> new Count());
    }

    /** Whom a verdict is on. */
    private Member peer(Member judge, String line) {
        boolean watchdog = watchdogs.contains(judge);
        for (Member other : watchdog ? conmgrs : watchdogs) {
            String mark = watchdog
                    ? " at " + seenAt(judge, other) + " lost: "
                    : "instance " + watchdogs.indexOf(other) + " (";
            if (line.contains(mark)) {
                return other;
            }
        }
        throw new AssertionError("a verdict of " + judge.node() + " on nobody: " + line);
    }

    private Witness.End end(Member one, Member other) {
        return new Witness.End(one.wire().segments(), one.host().address(), seenAt(one, other));
    }

    /** The relay is between the last conmgr and the first instance. */
    private boolean relayed(Member one, Member other) {
        List<Member> ends = List.of(conmgrs.get(2), watchdogs.get(0));
        return ends.contains(one) && ends.contains(other);
    }

    /** The address that one end of a link has for the other. */
    private String seenAt(Member one, Member other) {
        return (relayed(one, other) ? between : other.host()).address();
    }

    private void print() {
        System.out.printf(
                Locale.ROOT,
                "%nbeats %d ms / %d ms, %d links%n%-52s %8s %10s %12s %6s %6s %6s%n",
                INTERVAL.toMillis(),
                TIMEOUT.toMillis(),
                conmgrs.size() * watchdogs.size(),
                "trouble",
                "seconds",
                "sent",
                "longest gap",
                "right",
                "still",
                "wrong");
        counts.forEach((trouble, count) -> System.out.printf(
                Locale.ROOT,
                "%-52s %8.0f %10d %9.0f ms %6d %6d %6d%n",
                trouble.words,
                count.seconds,
                count.sent,
                count.longestGap,
                count.right,
                count.stoodStill,
                count.wrong));
        System.out.println("""
                sent: packets with data that left a host of the links; longest gap: between two of one end of a link
                right: verdicts on a process that was stopped for it; still: on another process, or the relay, that sent nothing for as long
                wrong: on one that had sent in time, and verdicts that were missed""");
    }

    @Override
    public void close() {
        conmgrs.get(2).node().kill();
        site.close();
    }
}
