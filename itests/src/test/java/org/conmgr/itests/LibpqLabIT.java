package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.conmgr.testkit.lab.HostProcess;
import org.conmgr.testkit.lab.Lab;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A cut link between real hosts, as a program of libpq that runs with the companion notices it. */
class LibpqLabIT {
    private static final Duration INTERVAL = Duration.ofMillis(200);
    private static final Duration TIMEOUT = Duration.ofMillis(600);
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int ROUNDS = 5;

    /** One session that waits in a query, one that asks without a pause, one that waits for its next order. */
    private static final String PROGRAM = """
            import select, sys, threading, time
            import psycopg2

            def sleep(connection):
                connection.cursor().execute("select pg_sleep(600)")

            def ask(connection):
                while True:
                    connection.cursor().execute("select 1")

            def idle(connection):
                waiting = select.poll()
                waiting.register(connection.fileno(), select.POLLIN)
                waiting.poll()
                now = time.monotonic_ns()
                try:
                    connection.cursor().execute("select 1")
                finally:
                    connection.noticed = now

            class Session(psycopg2.extensions.connection):
                noticed = None

            def run(number, kind, connection):
                try:
                    kind(connection)
                except psycopg2.Error as error:
                    now = connection.noticed or time.monotonic_ns()
                    # In one piece: print() lets other threads in between.
                    sys.stdout.write(f"ended {number} {kind.__name__} {now} {connection.closed} {error.pgcode}\\n")
                    sys.stdout.flush()

            def connect():
                while True:
                    try:
                        return psycopg2.connect("", connection_factory=Session)
                    except psycopg2.OperationalError:
                        time.sleep(0.1)

            for line in sys.stdin:
                number = line.strip()
                threads = [threading.Thread(target=run, args=(number, kind, connect())) for kind in (sleep, ask, idle)]
                for thread in threads:
                    thread.start()
                print("opened", number, flush=True)
            """;

    @BeforeAll
    static void hosts() {
        Lab.assumeAvailable();
        LibpqIT.need(
                Files.isDirectory(Path.of("/usr/lib/python3/dist-packages/psycopg2"))
                        && Files.isDirectory(Distribution.unpacked().resolve("lib/linux-" + LibpqIT.machine())),
                "python3-psycopg2, and a distribution with the companion of libpq");
    }

    @Test
    void everyKindOfSessionEndsWithinTheTimeout() {
        try (LabSite site = LabSite.start(1, 1, INTERVAL, TIMEOUT)) {
            ProcessBuilder python = new ProcessBuilder(
                    Distribution.unpacked().resolve("bin/conmgr-run").toString(), "/usr/bin/python3", "-c", PROGRAM);
            python.environment()
                    .putAll(Map.of(
                            "PGHOST", "127.0.0.1",
                            "PGPORT", Integer.toString(LabSite.CONMGR_PORT),
                            "PGUSER", "postgres",
                            "PGDATABASE", "postgres",
                            "PGTARGETSESSIONATTRS", "primary"));
            Map<String, Samples> byKind = new LinkedHashMap<>();
            Random random = new Random(7);
            try (HostProcess application = site.client(0).start("psycopg2", python)) {
                for (int round = 1; round <= ROUNDS; round++) {
                    application.tell("" + round);
                    application.awaitOutput("opened " + round + "\n", DEADLINE);
                    LabSite.pause(Duration.ofNanos((long) (random.nextDouble() * INTERVAL.toNanos())));
                    long cut = System.nanoTime();
                    site.lab().silence(site.client(0));
                    for (String kind : List.of("sleep", "ask", "idle")) {
                        String ended = "ended " + round + " " + kind + " ";
                        application.awaitOutput(ended, DEADLINE);
                        String line = application.lines().stream()
                                .filter(said -> said.startsWith(ended))
                                .findFirst()
                                .orElseThrow();
                        String[] words = line.split(" ", -1);
                        assertThat(words[4]).as(line).isNotEqualTo("0");
                        assertThat(words[5]).as("no server said it").isEqualTo("None");
                        byKind.computeIfAbsent(kind, none -> new Samples()).add(Long.parseLong(words[3]) - cut);
                    }
                    site.lab().restore(site.client(0));
                }
            }
            System.out.println("cut link noticed by psycopg2 with the companion after (ms), beats "
                    + INTERVAL.toMillis() + " / " + TIMEOUT.toMillis());
            byKind.forEach((kind, times) -> System.out.println(kind + " " + times));
            byKind.forEach((kind, times) -> {
                // Whatever else this machine does, once in a few it lets the product show what it can.
                assertThat(times.min()).as(kind).isBetween(300.0, TIMEOUT.toMillis() + 50.0);
                assertThat(times.max()).as(kind).isLessThan(TIMEOUT.toMillis() + 2000.0);
            });
        }
    }
}
