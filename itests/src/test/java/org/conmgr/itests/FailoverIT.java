package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.embedded.StopMode;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.lab.HostProcess;
import org.conmgr.testkit.lab.Lab;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Two instances, of which one is to be the primary and both may say so. The order is fixed: the first test leaves things
 * as they were, each of the others leaves another primary behind.
 */
@NullUnmarked
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailoverIT {
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /** Long, as nothing but the cut may end a session here, however busy the machine is. */
    private static final Duration TIMEOUT = Duration.ofSeconds(4);

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int WRITERS = 8;

    private static LabSite site;
    private static int read;

    @BeforeAll
    static void start() {
        Lab.assumeAvailable();
        site = LabSite.start(
                2, 2, INTERVAL, TIMEOUT, new Node.Settings().with("org.conmgr.routing", "route_wait", "30s"));
    }

    @AfterAll
    static void stop() {
        if (site != null) {
            site.close();
        }
    }

    private static void listen() {
        read = site.conmgr(0).output().length();
    }

    /** What the first client's conmgr has said since {@link #listen}. */
    private static String said() {
        return site.conmgr(0).output().substring(read);
    }

    private static HostProcess open(HostProcess application, int round) {
        application.tell("open " + round);
        return application.awaitOutput("opened " + round + "\n", DEADLINE);
    }

    private static List<String> ends(HostProcess application, int round) {
        return application.lines().stream()
                .filter(line -> line.startsWith("ended " + round + " "))
                .toList();
    }

    private static boolean holdsLock(EmbeddedInstance instance) {
        try (LockCounter locks = new LockCounter(instance)) {
            return !locks.held().isEmpty();
        }
    }

    @Test
    @Order(1)
    void aSecondPrimaryOnTheSameTimelineIsNotUsed() throws Exception {
        EmbeddedInstance primary = site.instance(0);
        EmbeddedInstance twin = site.instance(1);
        HostProcess application = open(site.application(0), 1);
        listen();
        twin.stop(StopMode.FAST);
        Files.delete(twin.dataDirectory().resolve("standby.signal"));
        twin.start();
        Await.until("conmgr warns", DEADLINE, () -> said().contains("WARNING") && said().contains("timeline 1"));
        site.lab().say("both say that they are primary, on one timeline");
        HostProcess another = open(site.client(0).java(LabApplication.class, LabSite.url("primary"), "3"), 1);
        assertThat(ends(application, 1)).as("sessions of the right one").isEmpty();
        assertThat(holdsLock(twin)).isFalse();
        assertThat(holdsLock(primary)).isTrue();
        application.kill();
        another.kill();
        listen();
        twin.makeStandbyOf(primary);
        Await.until("it is a standby again", DEADLINE, () -> said().contains("standby"));
    }

    @Test
    @Order(2)
    void aPromotionBesideALivingPrimaryFencesThatOnesWritersAndNobodyElse() throws Exception {
        EmbeddedInstance old = site.instance(0);
        EmbeddedInstance next = site.instance(1);
        HostProcess writers = open(site.application(0), 1);
        HostProcess anybody = site.client(1).java(LabApplication.class, LabSite.url("preferPrimary"), "2");
        open(anybody, 1);
        Await.until("both have their locks there", DEADLINE, () -> {
            try (LockCounter locks = new LockCounter(old)) {
                return locks.held().equals(Set.of(1, 2));
            }
        });
        listen();
        next.promote();
        long promoted = System.nanoTime();
        site.lab().say("a standby is promoted, the primary lives on");
        LabSite.awaitEnds(List.of(writers), 1);
        List<Long> took = new ArrayList<>();
        for (String end : ends(writers, 1)) {
            took.add(TimeUnit.NANOSECONDS.toMillis(Long.parseLong(end.split(" ", 6)[3]) - promoted));
            assertThat(end).contains("08006");
        }
        System.out.println("promoted to fenced: " + took + " ms, check_attr_interval " + LabSite.CHECK_MILLIS + " ms");
        assertThat(Collections.min(took)).isLessThan(2000);
        assertThat(said()).contains("WARNING");
        open(writers, 2);
        assertThat(holdsLock(next)).as("new writers are with the new primary").isTrue();
        assertThat(ends(anybody, 1)).as("whoever is content with a standby").isEmpty();
        writers.kill();
        anybody.kill();
        listen();
        old.makeStandbyOf(next);
        Await.until("it is a standby now", DEADLINE, () -> said().contains("standby"));
    }

    @Test
    @Order(3)
    void noAcknowledgedWriteIsLostWhenThePrimarysHostIsCut() throws Exception {
        EmbeddedInstance old = site.instance(1);
        EmbeddedInstance next = site.instance(0);
        old.query(LabWriter.TABLE);
        // On this one alone: the other will have no standby when it is primary.
        old.query("alter system set synchronous_standby_names = 'n1'");
        old.query("select pg_reload_conf()");
        Await.until("replication is synchronous", DEADLINE, () -> "sync"
                .equals(old.query("select sync_state from pg_stat_replication")));
        List<HostProcess> writers = new ArrayList<>();
        for (int client = 0; client < 2; client++) {
            writers.add(site.client(client)
                    .java(
                            LabWriter.class,
                            LabSite.url("primary"),
                            Integer.toString(1 + client * WRITERS / 2),
                            Integer.toString(WRITERS / 2)));
        }
        awaitAcks(writers, System.nanoTime(), 50);

        listen();
        long cut = System.nanoTime();
        site.lab().silence(site.database(1));
        Await.until("conmgr knows", DEADLINE, () -> said().contains("instance 1 ") && said().contains("timed out: "));
        next.promote();
        long promoted = System.nanoTime();
        site.lab().say("the standby is promoted");
        awaitAcks(writers, promoted, 50);

        listen();
        site.lab().restore(site.database(1));
        site.lab().say("the old primary is back");
        Await.until("conmgr knows of both", DEADLINE, () -> said().contains("WARNING"));
        Set<String> before = rows(old);
        awaitAcks(writers, System.nanoTime(), 50);
        Set<String> after = rows(old);

        Set<String> acked = new HashSet<>();
        Map<String, Long> lastBefore = new HashMap<>();
        Map<String, Long> firstAfter = new HashMap<>();
        for (HostProcess writer : writers) {
            writer.tell("end");
            writer.awaitOutput("done\n", DEADLINE);
            for (String line : writer.lines()) {
                String[] words = line.split(" ", -1);
                if (words[0].equals("acked")) {
                    acked.add(words[1] + " " + words[2]);
                    long at = Long.parseLong(words[3]);
                    if (at < cut) {
                        lastBefore.merge(words[1], at, Math::max);
                    } else if (at > promoted) {
                        firstAfter.merge(words[1], at, Math::min);
                    }
                }
            }
        }
        Samples without = new Samples();
        Samples sincePromotion = new Samples();
        firstAfter.forEach((writer, at) -> {
            without.add(at - lastBefore.get(writer));
            sincePromotion.add(at - promoted);
        });
        System.out.printf(
                "failover of %d writers: without writes %.0f..%.0f ms (heartbeat_timeout %d, cut to promoted %d);"
                        + " promoted to first write %.0f..%.0f ms; %d acknowledged writes%n",
                WRITERS,
                without.min(),
                without.max(),
                TIMEOUT.toMillis(),
                TimeUnit.NANOSECONDS.toMillis(promoted - cut),
                sincePromotion.min(),
                sincePromotion.max(),
                acked.size());

        assertThat(firstAfter).hasSize(WRITERS);
        assertThat(rows(next)).as("rows of the new primary").containsAll(acked);
        assertThat(after).as("rows of the old primary since it is back").isEqualTo(before);
        Set<String> lost = new HashSet<>(after);
        lost.removeAll(rows(next));
        assertThat(lost)
                .as("what only the old primary has was never acknowledged")
                .noneMatch(acked::contains);
        assertThat(without.min()).isLessThan(TIMEOUT.toMillis() + 3000.0);
    }

    /** Waits until every writer has written so often since then. */
    private static void awaitAcks(List<HostProcess> processes, long since, int times) {
        for (HostProcess process : processes) {
            Await.passes(process + " writes", DEADLINE, () -> {
                Map<String, Integer> acks = new HashMap<>();
                process.lines().stream()
                        .map(line -> line.split(" ", -1))
                        .filter(words -> words[0].equals("acked") && Long.parseLong(words[3]) > since)
                        .forEach(words -> acks.merge(words[1], 1, Integer::sum));
                if (acks.size() < WRITERS / 2 || Collections.min(acks.values()) < times) {
                    List<String> lines = process.lines();
                    throw new AssertionError(
                            acks + "; it says: " + lines.subList(Math.max(0, lines.size() - 20), lines.size()));
                }
            });
        }
    }

    private static Set<String> rows(EmbeddedInstance instance) throws SQLException {
        try (Connection connection = instance.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select writer, number from written")) {
            Set<String> rows = new HashSet<>();
            while (row.next()) {
                rows.add(row.getInt(1) + " " + row.getLong(2));
            }
            return rows;
        }
    }
}
