package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.watchdog.jdbc.internal.Instances.address;
import static org.conmgr.watchdog.jdbc.internal.Instances.checker;
import static org.conmgr.watchdog.jdbc.internal.Instances.client;
import static org.conmgr.watchdog.jdbc.internal.Instances.lost;
import static org.conmgr.watchdog.jdbc.internal.Instances.seen;
import static org.conmgr.watchdog.jdbc.internal.Instances.terminator;

import java.sql.Connection;
import java.time.Duration;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One life of a primary and its standby, on the oldest and the newest servers and two between. */
class EveryVersionTest {
    @ParameterizedTest
    @ValueSource(ints = {13, 15, 17, 18})
    void checksAndTerminates(int version) throws Exception {
        try (EmbeddedCluster cluster =
                Instances.start(Instances.builder().version(version).standbys(1))) {
            EmbeddedInstance primary = cluster.primary();
            EmbeddedInstance standby = cluster.standbys().get(0);
            try (AttributeChecker.Connection primaryChecker = checker(primary);
                    AttributeChecker.Connection standbyChecker = checker(standby);
                    Terminator.Connection terminator = terminator(primary)) {
                Await.until(
                        "all is replayed", () -> seen(standbyChecker).progress().replayLagMillis() == 0);
                agree(version, cluster, seen(primaryChecker), seen(standbyChecker));
                // 100, 3 of them for superusers, one the checker's; the test's own sessions are still going.
                Await.until(
                        "slots are counted",
                        () -> seen(primaryChecker).progress().freeSlots() == 96);
                Await.until(
                        "slots are counted",
                        () -> seen(standbyChecker).progress().freeSlots() == 96);
                seesDefaultTransactionReadOnly(primary, primaryChecker);
                terminates(primary, terminator);
                seesDeath(primary, primaryChecker);
                seesPromotion(standby, standbyChecker);
            }
        }
    }

    private static void agree(int version, EmbeddedCluster cluster, Observation.Seen primary, Observation.Seen standby)
            throws Exception {
        assertThat(primary.attributes()).isEqualTo(new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1));
        assertThat(standby.attributes()).isEqualTo(new Attributes(InstanceState.ACCEPTING, Role.STANDBY, false, 1));
        assertThat(primary.identity().serverVersion() / 10_000).isEqualTo(version);
        assertThat(primary.identity().systemIdentifier())
                .isEqualTo(standby.identity().systemIdentifier())
                .isEqualTo(
                        Long.parseLong(cluster.primary().query("select system_identifier from pg_control_system()")));
        assertThat(primary.connectionLimit()).isEqualTo(100);
        assertThat(primary.progress().replayLagMillis()).isZero();
        assertThat(primary.progress().lsn()).isPositive();
        assertThat(standby.progress().lsn()).isPositive();
    }

    private static void seesDefaultTransactionReadOnly(EmbeddedInstance primary, AttributeChecker.Connection checker)
            throws Exception {
        primary.query("alter system set default_transaction_read_only = on");
        primary.query("select pg_reload_conf()");
        Await.until("the reload is seen", () -> seen(checker).attributes().defaultTransactionReadOnly());
        primary.query("alter system reset default_transaction_read_only");
        primary.query("select pg_reload_conf()");
        Await.until("the reload is seen", () -> !seen(checker).attributes().defaultTransactionReadOnly());
    }

    private static void terminates(EmbeddedInstance primary, Terminator.Connection terminator) throws Exception {
        try (Connection gone = client(primary, "127.0.0.2");
                Connection stays = client(primary, "127.0.0.3")) {
            assertThat(terminator.terminate(new Termination.Address(address("127.0.0.2"))))
                    .isEqualTo(new Terminated(1, 0));
            assertThat(gone.isValid(5)).isFalse();
            assertThat(stays.isValid(5)).isTrue();
        }
    }

    private static void seesDeath(EmbeddedInstance primary, AttributeChecker.Connection checker) throws Exception {
        long start = System.nanoTime();
        primary.kill();
        checker.idle(Duration.ofSeconds(30));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        assertThat(lost(checker).state()).isEqualTo(InstanceState.STOPPED);
    }

    private static void seesPromotion(EmbeddedInstance standby, AttributeChecker.Connection checker) {
        standby.promote();
        assertThat(seen(checker).attributes())
                .isEqualTo(new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 2));
    }
}
