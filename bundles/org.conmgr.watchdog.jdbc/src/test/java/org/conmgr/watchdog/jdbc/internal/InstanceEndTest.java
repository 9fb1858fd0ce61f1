package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.conmgr.watchdog.jdbc.internal.Instances.address;
import static org.conmgr.watchdog.jdbc.internal.Instances.checker;
import static org.conmgr.watchdog.jdbc.internal.Instances.client;
import static org.conmgr.watchdog.jdbc.internal.Instances.lost;
import static org.conmgr.watchdog.jdbc.internal.Instances.seen;
import static org.conmgr.watchdog.jdbc.internal.Instances.terminator;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.embedded.StopMode;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.TestCertificate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which an instance goes or falls silent. */
class InstanceEndTest {
    private static EmbeddedCluster cluster;
    private static EmbeddedInstance instance;

    @BeforeAll
    static void start() throws SQLException {
        TestCertificate certificate = TestCertificate.make("localhost");
        cluster = Instances.start(Instances.builder().standbys(0).tls(certificate.certificate(), certificate.key()));
        instance = cluster.primary();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void restart() {
        if (!instance.isRunning()) {
            instance.start();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "require"})
    void wakesFromIdlingWhenThePostmasterIsKilled(String sslmode) throws Exception {
        try (AttributeChecker.Connection checker = checker(instance, "sslmode", sslmode)) {
            seen(checker);
            Worker idling = Worker.start(() -> checker.idle(Duration.ofSeconds(30)));
            long start = System.nanoTime();
            instance.kill();
            // Some 10 ms on an idle machine.
            assertThat(Duration.ofNanos(idling.awaitEnd() - start)).isLessThan(Duration.ofSeconds(1));
            Observation.Lost lost = lost(checker);
            assertThat(lost.state()).isEqualTo(InstanceState.STOPPED);
            assertThat(lost.fatal()).isFalse();
            assertThat(lost.why()).startsWith("connection refused (" + instance.jdbcUrl("postgres") + "); the session");
            assertThat(lost(checker).state()).isEqualTo(InstanceState.STOPPED);
            instance.start();
            seen(checker);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FAST", "IMMEDIATE"})
    void wakesFromIdlingWhenTheInstanceStops(StopMode mode) throws Exception {
        try (AttributeChecker.Connection checker = checker(instance)) {
            seen(checker);
            Worker idling = Worker.start(() -> checker.idle(Duration.ofSeconds(30)));
            Worker stop = Worker.launch(() -> instance.stop(mode));
            idling.awaitEnd();
            Observation.Lost lost = lost(checker);
            assertThat(lost.state()).isEqualTo(InstanceState.STOPPED);
            assertThat(lost.why())
                    .contains(
                            mode == StopMode.FAST ? "administrator command (57P01)" : "the session before ended with");
            stop.awaitEnd();
            assertThat(lost(checker).state()).isEqualTo(InstanceState.STOPPED);
        }
    }

    @Test
    void readsMaxConnectionsAnewWhenTheInstanceRestarts() throws Exception {
        try (AttributeChecker.Connection checker = checker(instance)) {
            int before = seen(checker).connectionLimit();
            instance.query("alter system set max_connections = " + (before - 7));
            instance.stop(StopMode.FAST);
            instance.start();
            assertThat(seen(checker).connectionLimit()).isEqualTo(before - 7);
        } finally {
            instance.query("alter system reset max_connections");
        }
    }

    @Test
    @SuppressWarnings("try")
    void isNotWhatASmartShutdownWaitsFor() throws Exception {
        try (AttributeChecker.Connection checker = checker(instance);
                Terminator.Connection terminator = terminator(instance);
                Connection client = client(instance, "127.0.0.1")) {
            terminator.connect();
            seen(checker);
            Worker stop = Worker.start(() -> instance.stop(StopMode.SMART));
            Await.until(
                    "new sessions are known to be refused",
                    () -> seen(checker).attributes().state() == InstanceState.DEGRADED);
            assertThat(client.isValid(5)).isTrue();
            client.close();
            Await.until("the checker lets go", () -> checker.check() instanceof Observation.Lost);
            stop.awaitEnd();
            assertThat(lost(checker).state()).isEqualTo(InstanceState.STOPPED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "require"})
    void aCheckOfAFrozenInstanceWaitsUntilItIsClosed(String sslmode) throws Exception {
        AttributeChecker.Connection checker = checker(instance, "sslmode", sslmode);
        seen(checker);
        instance.freeze();
        try {
            Worker check = Worker.start(() -> assertThat(lost(checker).why()).startsWith("the watchdog closed"));
            assertThat(check.waitsStill()).isTrue();
            long start = System.nanoTime();
            checker.close();
            long took = check.awaitEnd() - start;
            assertThat(Duration.ofNanos(took)).isLessThan(Duration.ofSeconds(1));
        } finally {
            instance.thaw();
        }
    }

    @Test
    void aCheckOfAThawedInstanceGoesOn() throws Exception {
        try (AttributeChecker.Connection checker = checker(instance)) {
            seen(checker);
            instance.freeze();
            Worker check;
            try {
                check = Worker.start(() -> seen(checker));
            } finally {
                instance.thaw();
            }
            check.awaitEnd();
        }
    }

    @Test
    @SuppressWarnings("try")
    void aLoginAtAFrozenInstanceIsBounded() throws Exception {
        instance.freeze();
        try (AttributeChecker.Connection checker = checker(instance)) {
            long start = System.nanoTime();
            Observation.Lost lost = lost(checker);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
            assertThat(lost)
                    .isEqualTo(new Observation.Lost(
                            InstanceState.UNREACHABLE,
                            "no answer in time (" + instance.jdbcUrl("postgres") + ")",
                            false));
            Worker check = Worker.start(checker::check);
            start = System.nanoTime();
            checker.close();
            long took = check.awaitEnd() - start;
            assertThat(Duration.ofNanos(took)).isLessThan(Duration.ofSeconds(1));
        } finally {
            instance.thaw();
        }
    }

    @Test
    @SuppressWarnings("try")
    void theTerminatorGivesUpOnAFrozenInstance() throws Exception {
        try (Terminator.Connection terminator = terminator(instance, "sslmode", "disable")) {
            terminator.connect();
            instance.freeze();
            long start = System.nanoTime();
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> terminator.terminate(new Termination.Address(address("127.0.0.2"))))
                    .withMessageStartingWith("no answer in time");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
            instance.thaw();
            terminator.connect();
            instance.freeze();
            Worker blocked = Worker.start(() -> terminator.terminate(new Termination.Address(address("127.0.0.2"))));
            terminator.close();
            assertThat(blocked.awaitFailure()).hasMessage("the watchdog closed its connection");
        } finally {
            instance.thaw();
        }
    }

    @Test
    void theTerminatorComesBackWithTheInstance() throws Exception {
        try (Terminator.Connection terminator = terminator(instance)) {
            terminator.connect();
            instance.kill();
            Await.passes("the end of the session is seen", () -> assertThatExceptionOfType(IOException.class)
                    .isThrownBy(terminator::connect)
                    .withMessageContaining("connection refused"));
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> terminator.terminate(new Termination.Address(address("127.0.0.2"))))
                    .withMessageContaining("connection refused");
            instance.start();
            terminator.connect();
            instance.kill();
            instance.start();
            try (Connection client = client(instance, "127.0.0.2")) {
                assertThat(terminator.terminate(new Termination.Address(address("127.0.0.2"))))
                        .isEqualTo(new Terminated(1, 0));
                assertThat(client.isValid(5)).isFalse();
            }
        }
    }
}
