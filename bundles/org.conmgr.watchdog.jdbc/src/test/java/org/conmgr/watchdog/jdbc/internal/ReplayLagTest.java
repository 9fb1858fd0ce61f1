package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.watchdog.jdbc.internal.Instances.APPLICATION;
import static org.conmgr.watchdog.jdbc.internal.Instances.checker;
import static org.conmgr.watchdog.jdbc.internal.Instances.seen;

import java.sql.SQLException;
import java.util.List;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How far behind the checker sees a standby. */
class ReplayLagTest {
    private static final long UNKNOWN = -1;

    private static EmbeddedCluster cluster;
    private static EmbeddedInstance primary;
    private static EmbeddedInstance standby;

    @BeforeAll
    static void start() throws Exception {
        cluster = Instances.start(Instances.builder().standbys(1));
        primary = cluster.primary();
        standby = cluster.standbys().get(0);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void growsWhileReplayIsPaused() throws Exception {
        try (AttributeChecker.Connection onPrimary = checker(primary);
                AttributeChecker.Connection onStandby = checker(standby)) {
            primary.query("create table lagging ()");
            cluster.awaitReplay();
            standby.query("select pg_wal_replay_pause()");
            Await.until(
                    "replay is paused", () -> "paused".equals(standby.query("select pg_get_wal_replay_pause_state()")));
            long replayed = seen(onStandby).progress().lsn();
            primary.query("drop table lagging");
            Await.until("it is behind", () -> lag(onStandby) > 0);
            long lag = lag(onStandby);
            Await.until("it falls back", () -> lag(onStandby) > lag + 20);
            assertThat(lag).isLessThan(60_000);
            assertThat(seen(onStandby).progress().lsn()).isEqualTo(replayed);
            assertThat(seen(onPrimary).progress().lsn()).isGreaterThan(replayed);
            standby.query("select pg_wal_replay_resume()");
            Await.until("it caught up", () -> lag(onStandby) == 0);
            assertThat(seen(onStandby).progress().lsn()).isGreaterThan(replayed);
        } finally {
            standby.query("select pg_wal_replay_resume()");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {Instances.ROLE, APPLICATION})
    void growsWithoutAWalReceiver(String role) throws Exception {
        try (AttributeChecker.Connection onStandby = checker(standby, "user", role);
                AttributeChecker.Connection newcomer = checker(standby, "user", role)) {
            long begun = System.nanoTime();
            Await.until("it streams", () -> lag(onStandby) == 0);
            streamFrom(standby, "host=127.0.0.1 port=9");
            Await.until("it has lost its primary", () -> "0"
                    .equals(standby.query("select count(*) from pg_stat_wal_receiver")));
            primary.query("create table " + role + "_missed ()");
            neverKnown(newcomer);
            long before = lag(onStandby);
            Await.until("it falls back", () -> lag(onStandby) > before + 20);
            assertThat(lag(onStandby)).isLessThanOrEqualTo((System.nanoTime() - begun) / 1_000_000);
            standby.query("alter system reset primary_conninfo");
            standby.query("select pg_reload_conf()");
            Await.until("it streams again", () -> lag(onStandby) == 0);
            assertThat(standby.query("select to_regclass('" + role + "_missed')"))
                    .as("what it missed")
                    .isNotNull();
        } finally {
            standby.query("alter system reset primary_conninfo");
            standby.query("select pg_reload_conf()");
        }
    }

    /** Of two standbys that have WAL the new primary has not, one in the segment of the fork, one in a later one. */
    @Test
    void isUnknownWhileItsTimelineHasBeenLeft() throws Exception {
        try (EmbeddedCluster forked = Instances.start(Instances.builder().standbys(3))) {
            EmbeddedInstance old = forked.primary();
            List<EmbeddedInstance> standbys = forked.standbys();
            EmbeddedInstance promoted = standbys.get(0);
            EmbeddedInstance near = standbys.get(1);
            EmbeddedInstance far = standbys.get(2);
            old.query("select pg_switch_wal()");
            old.query("create table common ()");
            forked.awaitReplay();
            promoted.promote();
            try (AttributeChecker.Connection onNear = checker(near);
                    AttributeChecker.Connection onFar = checker(far)) {
                old.query("create table lost ()");
                replays(near, old);
                streamFrom(near, conninfo(promoted));
                old.query("select pg_switch_wal()");
                old.query("create table lost_too ()");
                replays(far, old);
                streamFrom(far, conninfo(promoted));
                old.kill();
                Await.until("it is refused", () -> near.log().contains("new timeline 2 forked off"));
                Await.until("it is refused", () -> far.log().contains("new timeline 2 forked off"));
                // Their receivers come and go some 20 times a second.
                neverKnown(onNear);
                neverKnown(onFar);
            }
        }
    }

    /** There a receiver has nothing to write, and an idle primary says nothing for half a minute. */
    @Test
    void isKnownAtTheStartOfASegmentOfAnIdlePrimary() throws Exception {
        try (AttributeChecker.Connection onStandby = checker(standby)) {
            primary.query("select pg_switch_wal()");
            cluster.awaitReplay();
            primary.query("select pg_terminate_backend(pid) from pg_stat_replication");
            Await.until("it streams again", () -> lag(onStandby) == 0);
        }
    }

    private static void neverKnown(AttributeChecker.Connection checker) {
        for (int i = 0; i < 500; i++) {
            assertThat(lag(checker)).as("lag at check %s", i).isEqualTo(UNKNOWN);
        }
    }

    private static void replays(EmbeddedInstance standby, EmbeddedInstance primary) throws SQLException {
        String written = primary.query("select pg_current_wal_lsn()");
        Await.until(
                "it replays", () -> "t".equals(standby.query("select pg_last_wal_replay_lsn() >= '" + written + "'")));
    }

    private static String conninfo(EmbeddedInstance instance) {
        return "host=127.0.0.1 port=" + instance.port() + " user=" + EmbeddedInstance.SUPERUSER;
    }

    private static void streamFrom(EmbeddedInstance standby, String conninfo) throws SQLException {
        standby.query("alter system set primary_conninfo = '" + conninfo + "'");
        standby.query("select pg_reload_conf()");
    }

    private static long lag(AttributeChecker.Connection checker) {
        return seen(checker).progress().replayLagMillis();
    }
}
