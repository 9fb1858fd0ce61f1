package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Target;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;

/** Prints how long an answer takes with 10 instances and 10,000 sessions; asserts only that all went as meant. */
class SpeedTest {
    private static final int INSTANCES = 10;
    private static final int SESSIONS = 10_000;
    private static final int ROUNDS = 50_000;

    @Test
    void askAndVerdictWithManySessions() {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try (Switchboard board = new Switchboard(timer, System::nanoTime, Clock.systemUTC())
                .with(new RecordingLog(), List.of(new FewestConnectionsPolicy()))) {
            for (int number = 0; number < INSTANCES; number++) {
                board.add(Books.instance(number), sockets -> {});
                board.up(number, Books.IDENTITY, Books.attributes(number == 0 ? Role.PRIMARY : Role.STANDBY, false, 1));
            }
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                clients.add(ask(board, Target.STANDBY));
            }
            long[] nanos = new long[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                clients.get(round % SESSIONS).session().close();
                long start = System.nanoTime();
                Client client = ask(board, Target.STANDBY);
                nanos[round] = System.nanoTime() - start;
                clients.set(round % SESSIONS, client);
            }
            assertThat(board.applications()).hasSize(SESSIONS);
            long start = System.nanoTime();
            board.up(1, Books.IDENTITY, Books.attributes(Role.PRIMARY, false, 2));
            long fenced = System.nanoTime() - start;
            assertThat(clients.stream().filter(client -> client.end != null)).hasSizeBetween(1000, 1200);
            Arrays.sort(nanos, ROUNDS / 2, ROUNDS);
            System.out.printf(
                    Locale.ROOT,
                    "ask with %d instances, %d sessions: median %.1f us, p99 %.1f us; fence of 1/9 of them: %.1f ms%n",
                    INSTANCES,
                    SESSIONS,
                    nanos[ROUNDS * 3 / 4] / 1e3,
                    nanos[ROUNDS - ROUNDS / 200] / 1e3,
                    fenced / 1e6);
        }
    }

    private static Client ask(Switchboard board, Target target) {
        Client client = new Client();
        client.session = board.ask(Books.request(target), client);
        return client;
    }
}
