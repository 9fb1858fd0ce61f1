package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.conmgr.api.instance.Role;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Very many sessions that do nothing: they cost little, slow nobody down and end all at once. */
class IdleSessionsTest {
    private static final int SESSIONS = 10_000;
    private static final int FILES_A_SESSION = 2;

    /** Files that a process has besides its sessions' (jars, loops, the other client's), generously. */
    private static final int OTHER_FILES = 300;

    private static final long MAX_HEAP_A_SESSION = 16 * 1024;
    private static final long MAX_BUFFERS = 64 << 20;
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final UnixOperatingSystemMXBean system =
            (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** As many as the limit on open files has room for. */
    private int sessions() {
        long limit = system.getMaxFileDescriptorCount();
        int sessions = (int) Math.min(SESSIONS, (limit - OTHER_FILES) / FILES_A_SESSION);
        assumeTrue(sessions >= SESSIONS / 4, "only " + limit + " files may be open: raise ulimit -Hn");
        if (sessions < SESSIONS) {
            System.out.println("only " + sessions + " sessions, as only " + limit + " files may be open");
        }
        return sessions;
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void costLittleSlowNobodyAndEndAtOnce() throws Exception {
        int sessions = sessions();
        try (EmbeddedCluster cluster = EmbeddedCluster.builder().start();
                Crowd crowd = new Crowd();
                GatewaySite site = new GatewaySite(true, Map.of())
                        .instance(0, crowd.port(), Role.PRIMARY)
                        .instance(1, cluster.primary().port(), Role.STANDBY)) {
            int port = site.open();
            try (RawClient other = new RawClient(port).login(0, "options", "-c conmgr.target_session_attrs=standby")) {
                Pace alone = Pace.of(other);
                long files = system.getOpenFileDescriptorCount();
                long heap = heap();

                Bystander bystander = new Bystander(other);
                long start = System.nanoTime();
                assertThat(crowd.open(port, sessions)).isEqualTo(new Crowd.State(sessions, 0, 0, 0));
                System.out.printf("%d sessions opened in %d ms%n", sessions, millisSince(start));
                System.out.println("another client meanwhile: " + bystander.end());

                assertThat(site.gateway.relays()).hasSize(sessions + 1);
                assertThat(site.gateway.cancels().size()).isEqualTo(sessions + 1);
                long each = (heap() - heap) / sessions;
                System.out.printf("heap a session: %d bytes; buffers of all: %d KiB%n", each, site.buffers() / 1024);
                assertThat(each).isLessThan(MAX_HEAP_A_SESSION);
                assertThat(site.buffers()).isLessThan(MAX_BUFFERS);

                Pace beside = Pace.of(other);
                System.out.println("alone: " + alone + "; beside them: " + beside);
                beside.assertNotSlowed(alone);
                crowd.sync();
                Await.until(
                        "every session answers", DEADLINE, () -> crowd.state().answers() == sessions);
                assertThat(crowd.state().ended()).isZero();

                bystander = new Bystander(other);
                start = System.nanoTime();
                site.dead(0);
                Await.until("all are told and closed", DEADLINE, () -> {
                    Crowd.State now = crowd.state();
                    return now.told() == sessions && now.ended() == sessions;
                });
                System.out.printf("%d sessions told and closed in %d ms%n", sessions, millisSince(start));
                System.out.println("another client meanwhile: " + bystander.end());

                Await.until(
                        "none is left but the other",
                        () -> site.gateway.relays().size() == 1
                                && site.gateway.cancels().size() == 1);
                assertThat(site.board.applications()).hasSize(1);
                assertThat(other.query("select 1")).isEqualTo("1\n");
                Await.until("every file is closed", () -> system.getOpenFileDescriptorCount() <= files + 10);
                Await.until("their memory is free", DEADLINE, () -> heap() - heap < sessions * 1024L);
                assertThat(site.buffers()).isLessThan(MAX_BUFFERS);
            }
        }
    }

    private static long millisSince(long nanoTime) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanoTime);
    }

    /** A client that asks one query after the other until it is told to end. */
    private static final class Bystander {
        private static final int MAX_QUERIES = 60_000;
        private static final long PAUSE_NANOS = 1_000_000;

        private final long[] took = new long[MAX_QUERIES];
        private final Thread thread;
        private int count;
        private @Nullable Throwable failure;
        private volatile boolean over;

        private Bystander(RawClient client) {
            thread = new Thread(
                    () -> {
                        try {
                            while (!over && count < MAX_QUERIES) {
                                took[count] = Pace.query(client);
                                count++;
                                LockSupport.parkNanos(PAUSE_NANOS);
                            }
                        } catch (IOException | AssertionError e) {
                            failure = e;
                        }
                    },
                    "bystander");
            thread.start();
        }

        Pace end() throws InterruptedException {
            over = true;
            thread.join();
            assertThat(failure).isNull();
            assertThat(count).as("queries answered").isPositive();
            return Pace.of(Arrays.copyOf(took, count));
        }
    }
}
