package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.embedded.StopMode;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.lab.Host;
import org.conmgr.testkit.lab.HostProcess;
import org.conmgr.testkit.lab.Lab;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What tells more than silence is acted upon at once, and named for what it is. The timeout is long here, so that
 * nothing that needs it can pass for being at once.
 */
@NullUnmarked
class EvidenceIT {
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Duration TIMEOUT = Duration.ofSeconds(6);

    /** The next beat after the fault, and what a busy machine needs; far from the timeout. */
    private static final Duration AT_ONCE = Duration.ofSeconds(3);

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final Set<String> ENDS = Set.of("08006", "57P01", "57P02");

    /** A smart stop waits for backends; one in a long query would not see its client go. */
    private static final String LEAVES_WITH_ITS_CLIENT = "&options=-c%20client_connection_check_interval%3D200";

    private static LabSite site;
    private static HostProcess application;
    private static int round;

    private int read;

    @BeforeAll
    static void start() {
        Lab.assumeAvailable();
        site = LabSite.start(1, 1, INTERVAL, TIMEOUT);
        application = site.application(0, LEAVES_WITH_ITS_CLIENT);
    }

    @AfterAll
    static void stop() {
        if (site != null) {
            site.close();
        }
    }

    private static EmbeddedInstance instance() {
        return site.instance(0);
    }

    private static Host host() {
        return site.database(0);
    }

    @BeforeEach
    void open() {
        round++;
        application.tell("open " + round);
        application.awaitOutput("opened " + round + "\n", DEADLINE);
        read = site.conmgr(0).output().length();
    }

    /** What conmgr has said since the sessions were opened. */
    private String said() {
        return site.conmgr(0).output().substring(read);
    }

    private List<String> ends() {
        return application.lines().stream()
                .filter(line -> line.startsWith("ended " + round + " "))
                .toList();
    }

    @AfterEach
    void repair() {
        site.lab().heal();
        if (!instance().isRunning()) {
            instance().start();
        }
        if (!site.watchdog(0).isAlive()) {
            site.replaceWatchdog(0);
        }
    }

    /** Makes the fault; every session ends within the limit, and the verdict has these words. */
    private void ends(String what, Runnable fault, Duration limit, String... words) {
        long before = System.nanoTime();
        fault.run();
        LabSite.awaitEnds(List.of(application), round);
        long last = ends().stream()
                .mapToLong(line -> Long.parseLong(line.split(" ", 6)[3]))
                .max()
                .orElseThrow();
        long took = TimeUnit.NANOSECONDS.toMillis(last - before);
        Set<String> states = new TreeSet<>();
        ends().forEach(line -> states.add(line.split(" ", 6)[4]));
        Await.until("conmgr has decided", DEADLINE, () -> said().contains(" declared dead: "));
        String verdict = said().lines()
                .filter(line -> line.contains(" declared dead: "))
                .findFirst()
                .orElseThrow();
        System.out.println("evidence: " + what + ": last session ended after " + took + " ms with " + states + "; "
                + verdict.replaceAll(".* declared dead: ", ""));
        assertThat(verdict).contains(words);
        assertThat(took).as(what).isLessThan(limit.toMillis());
        assertThat(states).isSubsetOf(ENDS);
    }

    @Test
    void aKilledPostmaster() {
        ends("kill -9 of the postmaster", instance()::kill, AT_ONCE, "instance stopped");
    }

    @Test
    void aFastStop() {
        ends("pg_ctl stop -m fast", () -> instance().stop(StopMode.FAST), AT_ONCE, "instance stopped");
    }

    @Test
    void anImmediateStop() {
        ends("pg_ctl stop -m immediate", () -> instance().stop(StopMode.IMMEDIATE), AT_ONCE, "instance stopped");
    }

    @Test
    void aSmartStopLeavesSessionsToTheirEnd() throws Exception {
        CompletableFuture<Void> stop =
                CompletableFuture.runAsync(() -> instance().stop(StopMode.SMART));
        Await.until(
                "new sessions are refused",
                DEADLINE,
                () -> said().contains("takes no new connections") || said().contains("degraded"));
        assertThat(ends()).isEmpty();
        long before = System.nanoTime();
        application.kill();
        stop.get(60, TimeUnit.SECONDS);
        Await.until("conmgr has decided", DEADLINE, () -> said().contains(" declared dead: instance stopped"));
        System.out.println("evidence: pg_ctl stop -m smart: sessions stayed; verdict "
                + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before) + " ms after the last of them left");
        application = site.application(0, LEAVES_WITH_ITS_CLIENT);
    }

    @Test
    void aWatchdogKilledAloneCostsNoSession() {
        site.watchdog(0).kill();
        Await.until("conmgr knows", AT_ONCE, () -> said().contains(" is unmonitored: "));
        site.replaceWatchdog(0);
        Await.until("the link is back", DEADLINE, () -> said().contains("established"));
        assertThat(ends()).isEmpty();
        assertThat(said()).doesNotContain("declared dead");
        ends("kill -9 of the postmaster, after a new watchdog", instance()::kill, AT_ONCE, "instance stopped");
    }

    @Test
    void aHostWhoseProcessesAreAllKilled() {
        ends(
                "kill -9 of everything on the host",
                () -> site.lab().killAll(host()),
                AT_ONCE,
                // Link and probe may find sockets that are about to go: reset instead of closed and refused.
                "closed by peer: connection ",
                " without a Goodbye; ",
                ": Connection re");
    }

    @Test
    void aFirewallThatResets() {
        ends("RST", () -> site.lab().reset(host()), AT_ONCE, "closed by peer", "reset");
    }

    @Test
    void aRouterThatKnowsNoWay() {
        ends("ICMP host unreachable", () -> site.lab().unreachable(host()), AT_ONCE, "host unreachable");
    }

    @Test
    void aHostWithoutPowerIsSilentAndSoTakesTheTimeout() {
        ends("power failure", () -> site.lab().powerOff(host()), TIMEOUT.plus(AT_ONCE), "timed out", "own stall");
    }
}
