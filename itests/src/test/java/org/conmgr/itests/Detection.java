package org.conmgr.itests;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.lab.Host;
import org.conmgr.testkit.lab.HostProcess;

/**
 * How long a cut takes to be noticed, at the applications and at the server: many client hosts, each with its own
 * conmgr and so its own beats, are cut from the network one after the other, again and again, each at a moment that
 * nothing else decides. Each client and cut is a fault.
 */
final class Detection {
    /** A cut and its ends are told by one clock; the cut is taken to be as early as it can have been. */
    record Result(Map<String, Samples> byKind, Samples cutTook, Set<String> states, List<String> endedBeforeTheCut) {
        Samples of(String kind) {
            return byKind.computeIfAbsent(kind, none -> new Samples());
        }
    }

    private static final String SERVER = "server: lock released";
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private Detection() {}

    /** Arguments: faults, client hosts, and pairs INTERVAL/TIMEOUT in ms. */
    public static void main(String[] arguments) {
        int faults = Integer.parseInt(arguments[0]);
        int clients = Integer.parseInt(arguments[1]);
        for (String timing : List.of(arguments).subList(2, arguments.length)) {
            String[] times = timing.split("/", 2);
            Duration interval = Duration.ofMillis(Long.parseLong(times[0]));
            Duration timeout = Duration.ofMillis(Long.parseLong(times[1]));
            String before = LabSite.load();
            try (LabSite site = LabSite.start(1, clients, interval, timeout)) {
                Result result = run(site, (faults + clients - 1) / clients, interval);
                print(result, interval, timeout);
            }
            System.out.println("load before " + before + ", after " + LabSite.load() + "\n");
        }
        System.exit(0);
    }

    static void print(Result result, Duration interval, Duration timeout) {
        System.out.printf(
                Locale.ROOT,
                "%ncut link noticed after (ms), beats %d ms / %d ms%n%-24s %7s %10s %10s %10s %10s%n",
                interval.toMillis(),
                timeout.toMillis(),
                "",
                "faults",
                "min",
                "p50",
                "p99",
                "max");
        System.out.printf(
                Locale.ROOT,
                "%-24s %7s %10.1f %10.1f %10.1f %10.1f%n",
                "U(timeout-interval, t.)",
                "",
                (double) timeout.minus(interval).toMillis(),
                timeout.toMillis() - interval.toMillis() * 0.5,
                timeout.toMillis() - interval.toMillis() * 0.01,
                (double) timeout.toMillis());
        result.byKind().forEach((kind, samples) -> System.out.printf(Locale.ROOT, "%-24s %s%n", kind, samples));
        System.out.printf(
                Locale.ROOT,
                "%-24s %s%nSQLSTATEs seen by the applications: %s; ended before they were cut: %d%n",
                "(the cut itself took)",
                result.cutTook(),
                result.states(),
                result.endedBeforeTheCut().size());
        result.endedBeforeTheCut().forEach(System.out::println);
    }

    /** Cuts each client so many times, each at a moment of its own; afterwards they are whole again. */
    static Result run(LabSite site, int rounds, Duration interval) {
        Result result = new Result(new LinkedHashMap<>(), new Samples(), new HashSet<>(), new ArrayList<>());
        Random random = new Random(7);
        List<HostProcess> applications = new ArrayList<>();
        for (int client = 0; client < site.clients().size(); client++) {
            applications.add(site.applicationWithGateway(client));
        }
        for (int round = 1; round <= rounds; round++) {
            round(site, applications, round, interval, random, result);
        }
        return result;
    }

    private static void round(
            LabSite site, List<HostProcess> applications, int round, Duration interval, Random random, Result result) {
        for (HostProcess application : applications) {
            application.tell("open " + round);
            application.awaitOutput("opened " + round + "\n", DEADLINE);
        }
        long[] cutAt = new long[applications.size()];
        Arrays.fill(cutAt, Long.MAX_VALUE);
        Map<Integer, Long> releasedAt = new ConcurrentHashMap<>();
        AtomicBoolean watching = new AtomicBoolean(true);
        Thread watcher = new Thread(() -> watchLocks(site, applications.size(), watching, releasedAt), "locks");
        watcher.start();
        for (int client = 0; client < cutAt.length; client++) {
            LabSite.pause(Duration.ofNanos((long) (random.nextDouble() * interval.toNanos())));
            long before = System.nanoTime();
            site.lab().silence(site.client(client));
            result.cutTook().add(System.nanoTime() - before);
            cutAt[client] = before;
        }
        LabSite.awaitEnds(applications, round, LabApplication.Kind.all(true).size());
        Await.until("every lock is released", DEADLINE, () -> releasedAt.size() == applications.size());
        watching.set(false);
        site.lab().restore(site.clients().toArray(Host[]::new));
        for (int client = 0; client < cutAt.length; client++) {
            long cut = cutAt[client];
            add(result, SERVER, Objects.requireNonNull(releasedAt.get(client + 1)), cut, "");
            applications.get(client).lines().stream()
                    .filter(line -> line.startsWith("ended " + round + " "))
                    .map(line -> line.split(" ", 6))
                    .forEach(words -> {
                        add(result, words[2], Long.parseLong(words[3]), cut, words[5]);
                        result.states().add((words[2].startsWith("gateway") ? "gateway " : "direct ") + words[4]);
                    });
        }
    }

    private static void add(Result result, String kind, long end, long cut, String why) {
        if (end < cut) {
            result.endedBeforeTheCut().add(kind + " " + why);
        } else {
            result.of(kind).add(end - cut);
        }
    }

    /** Notes the time at which each lock is seen to be gone. */
    private static void watchLocks(LabSite site, int clients, AtomicBoolean watching, Map<Integer, Long> releasedAt) {
        try (LockCounter locks = new LockCounter(site.cluster().primary())) {
            while (watching.get()) {
                Set<Integer> held = locks.held();
                long now = System.nanoTime();
                for (int client = 1; client <= clients; client++) {
                    if (!held.contains(client)) {
                        releasedAt.putIfAbsent(client, now);
                    }
                }
                LabSite.pause(Duration.ofMillis(2));
            }
        }
    }
}
