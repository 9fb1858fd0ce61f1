package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionObserver;
import org.conmgr.api.routing.Target;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real threads and a real timer: what each connection is told stays in order, and nothing is lost. */
class ConcurrencyTest {
    private static final int INSTANCES = 3;
    private static final int APPLICATIONS = 4;
    private static final int REPORTS = 4000;
    private static final int ASKS = 8000;
    private static final List<Target> TARGETS = List.of(Target.values());

    private final RecordingLog log = new RecordingLog();
    private final Switchboard board = new Switchboard().with(log, List.of(new RoundRobinPolicy()));
    private final AtomicReferenceArray<Set<InetSocketAddress>> sockets = new AtomicReferenceArray<>(INSTANCES);
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(INSTANCES + APPLICATIONS);

    @AfterEach
    void stop() {
        threads.shutdownNow();
        board.close();
    }

    @Test
    void withoutWaiting() throws Exception {
        run(Duration.ZERO);
    }

    @Test
    void withWaiting() throws Exception {
        run(Duration.ofMillis(2));
    }

    private void run(Duration routeWait) throws Exception {
        board.settings(new RoutingSettings(
                "round-robin",
                routeWait,
                Duration.ZERO,
                1000,
                Duration.ofMinutes(5),
                Duration.ofMillis(1),
                Duration.ofMillis(3)));
        for (int number = 0; number < INSTANCES; number++) {
            int index = number;
            sockets.set(index, Set.of());
            board.add(Books.instance(number), now -> sockets.set(index, now));
        }
        List<Future<List<App>>> work = new ArrayList<>();
        for (int number = 0; number < INSTANCES; number++) {
            int its = number;
            work.add(threads.submit(() -> report(its)));
        }
        for (int seed = 0; seed < APPLICATIONS; seed++) {
            Random random = new Random(seed);
            work.add(threads.submit(() -> apply(random, routeWait.isZero())));
        }
        List<App> left = new ArrayList<>();
        for (Future<List<App>> future : work) {
            left.addAll(future.get(60, TimeUnit.SECONDS));
        }
        Await.until("every request is answered", () -> left.stream().allMatch(app -> app.answered));
        assertThat(board.applications()).hasSize((int)
                left.stream().filter(app -> app.routed && !app.ended).count());
        for (int number = 0; number < INSTANCES; number++) {
            board.down(number, new Verdict(VerdictReason.TIMED_OUT, "", Instant.now()));
        }
        assertThat(left).allMatch(app -> app.ended == app.routed);
        assertThat(board.applications()).isEmpty();
        assertThat(board.instances())
                .extracting(InstanceStatus::applicationConnections)
                .containsOnly(0);
        Await.until(
                "no socket is left",
                () -> sockets.get(0).isEmpty()
                        && sockets.get(1).isEmpty()
                        && sockets.get(2).isEmpty());
        assertThat(faults).isEmpty();
        assertThat(log.messages()).noneMatch(message -> message.message().id().startsWith("CM9"));
    }

    private List<App> report(int number) {
        Random random = new Random(100 + number);
        for (int i = 0; i < REPORTS; i++) {
            switch (random.nextInt(8)) {
                case 0 -> board.down(number, new Verdict(VerdictReason.TIMED_OUT, "", Instant.now()));
                case 1 -> board.unmonitored(number, "watchdog gone", Duration.ZERO);
                case 2, 3, 4 -> board.beat(number, Instant.now(), new Progress(i, 0, 10));
                default ->
                    board.up(
                            number,
                            Books.IDENTITY,
                            Books.attributes(random.nextBoolean() ? Role.PRIMARY : Role.STANDBY, false, 1));
            }
        }
        return List.of();
    }

    private List<App> apply(Random random, boolean answeredAtOnce) {
        List<App> open = new ArrayList<>();
        for (int i = 0; i < ASKS; i++) {
            Target target = TARGETS.get(random.nextInt(TARGETS.size()));
            App app = new App();
            app.session = board.ask(new RouteRequest(target, "test", 1, "direct", 0), app);
            if (answeredAtOnce && !app.answered) {
                faults.add("ask returned before its answer");
            }
            app.session.connected(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1 + random.nextInt(65535)));
            open.add(app);
            if (open.size() > 50) {
                App oldest = open.remove(random.nextInt(open.size()));
                Session session = oldest.session;
                if (session != null) {
                    session.close();
                }
            }
        }
        return open;
    }

    private final class App implements SessionObserver {
        private final AtomicBoolean busy = new AtomicBoolean();
        volatile boolean answered;
        volatile boolean routed;
        volatile boolean ended;
        volatile @Nullable Session session;

        @Override
        public void routed(Route route) {
            told("routed", !answered, () -> {
                answered = true;
                routed = true;
            });
        }

        @Override
        public void refused(Refusal refusal) {
            told("refused", !answered, () -> answered = true);
        }

        @Override
        public void ended(SessionEnd end) {
            told("ended", routed && !ended, () -> ended = true);
        }

        private void told(String what, boolean inOrder, Runnable note) {
            if (!busy.compareAndSet(false, true)) {
                faults.add(what + " while another call was under way");
            }
            if (!inOrder) {
                faults.add(what + " out of order");
            }
            Thread.onSpinWait();
            note.run();
            busy.set(false);
        }
    }
}
