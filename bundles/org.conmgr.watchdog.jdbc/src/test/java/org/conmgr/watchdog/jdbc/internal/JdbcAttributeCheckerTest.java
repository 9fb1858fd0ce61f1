package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.conmgr.watchdog.jdbc.internal.Instances.access;
import static org.conmgr.watchdog.jdbc.internal.Instances.checker;
import static org.conmgr.watchdog.jdbc.internal.Instances.client;
import static org.conmgr.watchdog.jdbc.internal.Instances.execute;
import static org.conmgr.watchdog.jdbc.internal.Instances.lost;
import static org.conmgr.watchdog.jdbc.internal.Instances.seen;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.NotAsked;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the checker sees of an instance that runs. */
class JdbcAttributeCheckerTest {
    private static final int MAX_CONNECTIONS = 100;

    /** For superusers alone, so that few sessions take the rest. */
    private static final int RESERVED = 85;

    private static EmbeddedCluster cluster;
    private static EmbeddedInstance primary;
    private static EmbeddedInstance standby;

    @BeforeAll
    static void start() throws Exception {
        cluster = Instances.start(Instances.builder()
                .standbys(1)
                .setting("superuser_reserved_connections", Integer.toString(RESERVED))
                .setting("reserved_connections", "2")
                .role("secret", "correct horse"));
        primary = cluster.primary();
        standby = cluster.standbys().get(0);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void seesDefaultTransactionReadOnlyOfAllRolesAndOfItsDatabaseOnly() throws Exception {
        try (AttributeChecker.Connection checker = checker(primary)) {
            admin("alter role all set default_transaction_read_only = 'yes'");
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isTrue();
            admin("alter database postgres set default_transaction_read_only = off");
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isFalse();
            admin("alter role all reset default_transaction_read_only");
            admin("alter database postgres set default_transaction_read_only = on");
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isTrue();
            admin("alter database postgres reset default_transaction_read_only");
            admin("alter database template1 set default_transaction_read_only = on");
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isFalse();
        } finally {
            admin("alter role all reset default_transaction_read_only");
            admin("alter database postgres reset default_transaction_read_only");
            admin("alter database template1 reset default_transaction_read_only");
        }
    }

    @Test
    void seesThatWhatItLoggedInWithIsUndone() throws Exception {
        admin("alter database postgres set default_transaction_read_only = on");
        try (AttributeChecker.Connection checker = checker(primary)) {
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isTrue();
            admin("alter database postgres reset default_transaction_read_only");
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isFalse();
            alterSystem("default_transaction_read_only = on");
            Await.until("the reload is seen", () -> seen(checker).attributes().defaultTransactionReadOnly());
        } finally {
            admin("alter database postgres reset default_transaction_read_only");
            alterSystem("default_transaction_read_only = default");
        }
    }

    @Test
    void takesASettingOfItsOwnRoleForNobodyElses() throws Exception {
        admin("alter role watchdog set default_transaction_read_only = on");
        RecordingLog log = new RecordingLog();
        try (AttributeChecker.Connection checker = new JdbcAttributeChecker(log).open(access(primary))) {
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isFalse();
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isFalse();
            assertThat(log.texts(Message.READ_ONLY_UNSEEN))
                    .containsExactly("cannot see default_transaction_read_only of the instance at "
                            + primary.jdbcUrl("postgres")
                            + ", taken as off: the session of role \"watchdog\" has one of its own");
            admin("alter role watchdog reset default_transaction_read_only");
            alterSystem("default_transaction_read_only = on");
            Await.until("the reload is seen", () -> seen(checker).attributes().defaultTransactionReadOnly());
        } finally {
            admin("alter role watchdog reset default_transaction_read_only");
            alterSystem("default_transaction_read_only = default");
        }
    }

    @Test
    void takesAnOptionOfItsLoginForNobodyElses() throws Exception {
        RecordingLog log = new RecordingLog();
        InstanceAccess access = access(primary, "options", "-c default_transaction_read_only=on", "readOnly", "true");
        try (AttributeChecker.Connection checker = new JdbcAttributeChecker(log).open(access)) {
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isFalse();
            int pid = pid("watchdog process");
            assertThat(seen(checker).attributes().defaultTransactionReadOnly()).isFalse();
            assertThat(pid("watchdog process")).isEqualTo(pid);
            assertThat(log.messages(Message.READ_ONLY_UNSEEN)).hasSize(1);
        }
    }

    @Test
    void hasNoTimeLimitsOfItsRole() throws Exception {
        admin("alter role watchdog set statement_timeout = 400");
        admin("alter role watchdog set lock_timeout = 400");
        admin("alter role watchdog set transaction_timeout = 400");
        admin("alter role watchdog set idle_session_timeout = 400");
        try (AttributeChecker.Connection checker = checker(primary);
                Connection admin = primary.connect()) {
            seen(checker);
            int pid = pid("watchdog process");
            checker.idle(Duration.ofMillis(800));
            seen(checker);
            admin.setAutoCommit(false);
            execute(admin, "lock table pg_db_role_setting in access exclusive mode");
            Worker check = Worker.start(() -> seen(checker));
            execute(admin, "select pg_sleep(0.8)");
            assertThat(check.waitsStill()).isTrue();
            admin.commit();
            check.awaitEnd();
            assertThat(pid("watchdog process")).isEqualTo(pid);
        } finally {
            admin("alter role watchdog reset all");
        }
    }

    @Test
    void knowsLessAsALesserRole() throws Exception {
        try (AttributeChecker.Connection onPrimary = checker(primary, "user", Instances.APPLICATION);
                AttributeChecker.Connection onStandby = checker(standby, "user", Instances.APPLICATION)) {
            assertThat(seen(onPrimary).progress().freeSlots()).isEqualTo(-1);
            assertThat(seen(onPrimary).progress().lsn()).isPositive();
            assertThat(seen(onPrimary).attributes().timeline()).isEqualTo(1);
            assertThat(seen(onStandby).attributes().role()).isEqualTo(Role.STANDBY);
            assertThat(seen(onStandby).attributes().timeline()).isEqualTo(1);
            assertThat(seen(onStandby).identity().systemIdentifier()).isPositive();
        }
    }

    @Test
    void doesWithoutTheControlFile() throws Exception {
        String[] functions = {"pg_control_system()", "pg_control_recovery()", "pg_control_checkpoint()"};
        for (String function : functions) {
            admin("revoke execute on function " + function + " from public");
        }
        cluster.awaitReplay();
        try (AttributeChecker.Connection onPrimary = checker(primary);
                AttributeChecker.Connection onStandby = checker(standby);
                AttributeChecker.Connection lesser = checker(standby, "user", Instances.APPLICATION)) {
            Identity identity = seen(onPrimary).identity();
            assertThat(identity.systemIdentifier()).isZero();
            assertThat(identity.serverVersion()).isGreaterThan(170_000);
            assertThat(seen(onStandby).attributes().timeline()).isEqualTo(1);
            assertThat(seen(lesser).attributes().timeline()).isZero();
        } finally {
            for (String function : functions) {
                admin("grant execute on function " + function + " to public");
            }
            cluster.awaitReplay();
        }
    }

    @Test
    void countsSlotsDownToTheLastAndKeepsItsOwn() throws Exception {
        List<Connection> clients = new ArrayList<>();
        try (AttributeChecker.Connection checker = checker(primary);
                AttributeChecker.Connection late = checker(primary)) {
            // 2 are reserved for pg_use_reserved_connections, 1 is the checker's
            int free = MAX_CONNECTIONS - RESERVED - 2 - 1;
            Await.until("slots are free", () -> seen(checker).progress().freeSlots() == free);
            for (int i = 0; i < free; i++) {
                clients.add(client(primary, "127.0.0.1"));
            }
            Await.until("slots are taken", () -> seen(checker).progress().freeSlots() == 0);
            assertThat(checker.knock())
                    .isEqualTo("remaining connection slots are reserved for roles with"
                            + " privileges of the \"pg_use_reserved_connections\" role (53300)");
            assertThat(seen(checker).attributes().state()).isEqualTo(InstanceState.ACCEPTING);
            assertThat(seen(checker).connectionLimit()).isEqualTo(MAX_CONNECTIONS);
            Observation.Lost refused = lost(late);
            assertThat(refused.state()).isEqualTo(InstanceState.UNREACHABLE);
            assertThat(refused.why()).contains("(53300)");
            assertThat(refused.fatal()).isFalse();
            clients.add(primary.connect());
            assertThat(seen(checker).progress().freeSlots()).isZero();
        } finally {
            for (Connection client : clients) {
                client.close();
            }
        }
    }

    @Test
    void knocksBesideItsSession() throws Exception {
        try (AttributeChecker.Connection checker = checker(primary)) {
            seen(checker);
            int pid = pid("watchdog process");
            assertThat(checker.knock()).isEmpty();
            Await.until("it has left", () -> pid("watchdog process") == pid);
        }
        try (AttributeChecker.Connection refused = checker(primary, "user", "nobody")) {
            assertThat(refused.knock()).as("the instance takes others").isEmpty();
        }
        AttributeChecker.Connection closed = checker(primary);
        closed.close();
        assertThat(closed.knock()).as("closed").isEmpty();
    }

    @Test
    void withoutAFileDescriptorItTellsNothingOfTheInstance() throws Exception {
        ExhaustedHost host = new ExhaustedHost();
        try (AttributeChecker.Connection checker = new CheckerConnection(access(primary), new RecordingLog(), host)) {
            seen(checker);
            host.exhausted = true;
            seen(checker);
            assertThatExceptionOfType(NotAsked.class)
                    .isThrownBy(checker::knock)
                    .withMessageContaining("Too many open files");
            int session = pid("watchdog process");
            primary.query("select pg_terminate_backend(" + session + ")");
            Await.passes("its session is over", () -> assertThatExceptionOfType(NotAsked.class)
                    .isThrownBy(checker::check)
                    .withMessageContaining("Too many open files"));
            host.exhausted = false;
            seen(checker);
            assertThat(checker.knock()).isEmpty();
        }
    }

    @Test
    void saysOnceWhatItCannotDo() throws Exception {
        RecordingLog log = new RecordingLog();
        try (AttributeChecker.Connection checker =
                new JdbcAttributeChecker(log).open(access(primary, "user", Instances.APPLICATION))) {
            seen(checker);
            seen(checker);
            String role = "as role \"app\" at " + primary.jdbcUrl("postgres") + " the watchdog cannot: ";
            assertThat(log.texts(Message.ROLE_LIMITS))
                    .containsExactly(role + "see where clients come from, so nobody is ended, and count free slots"
                            + " (pg_monitor); end sessions of other roles (pg_signal_backend); see data_directory, so a"
                            + " smart shutdown goes unnoticed (pg_monitor)");
        }
        try (AttributeChecker.Connection checker = new JdbcAttributeChecker(log).open(access(primary))) {
            seen(checker);
            assertThat(log.texts(Message.ROLE_LIMITS).get(1))
                    .endsWith("cannot: end sessions of superusers (superuser)");
        }
        try (AttributeChecker.Connection checker =
                new JdbcAttributeChecker(log).open(access(primary, "user", EmbeddedInstance.SUPERUSER))) {
            seen(checker);
            assertThat(log.messages(Message.ROLE_LIMITS)).hasSize(2);
        }
    }

    @Test
    void survivesTheEndOfItsSession() throws Exception {
        try (AttributeChecker.Connection checker = checker(primary)) {
            seen(checker);
            int before = pid("watchdog process");
            primary.query("select pg_terminate_backend(" + before + ")");
            long start = System.nanoTime();
            checker.idle(Duration.ofSeconds(30));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            seen(checker);
            assertThat(pid("watchdog process")).isNotEqualTo(before);
        }
    }

    @Test
    void replacesASessionThatAnswersWithErrors() throws Exception {
        try (AttributeChecker.Connection checker = checker(primary)) {
            seen(checker);
            int before = pid("watchdog process");
            admin("revoke execute on function pg_current_wal_lsn() from public");
            Observation.Lost error = lost(checker);
            assertThat(error.why()).contains("permission denied for function pg_current_wal_lsn (42501)");
            assertThat(error.state()).isEqualTo(InstanceState.UNREACHABLE);
            admin("grant execute on function pg_current_wal_lsn() to public");
            seen(checker);
            assertThat(pid("watchdog process")).isNotEqualTo(before);
        } finally {
            admin("grant execute on function pg_current_wal_lsn() to public");
        }
    }

    @Test
    void saysWhatToCheckWhenItIsNotLetIn() throws Exception {
        String url = primary.jdbcUrl("postgres");
        assertThat(refusal(access(primary, "user", "secret", "password", "wrong pony")))
                .isEqualTo("password authentication failed for user \"secret\" (28P01); check user \"secret\" and its"
                        + " password or passfile, url " + url + " and pg_hba.conf");
        assertThat(refusal(access(primary, "user", "nobody")))
                .startsWith("role \"nobody\" does not exist (28000); check user \"nobody\"");
        assertThat(refusal(new InstanceAccess(
                        primary.jdbcUrl("nowhere") + "?password=hidden",
                        access(primary).properties())))
                .startsWith("database \"nowhere\" does not exist (3D000); check user")
                .doesNotContain("hidden");
        assertThat(refusal(access(primary, "user", "secret")))
                .contains("no password was provided")
                .contains("check user \"secret\"");
        admin("create database closed");
        admin("revoke connect on database closed from public");
        assertThat(refusal(new InstanceAccess(
                        primary.jdbcUrl("closed"), access(primary).properties())))
                .startsWith("permission denied for database \"closed\" (42501); check user");
        try (AttributeChecker.Connection checker = checker(primary, "user", "secret", "password", "correct horse")) {
            seen(checker);
        }
    }

    @Test
    void idlesForTheTimeGiven() throws Exception {
        try (AttributeChecker.Connection checker = checker(primary)) {
            seen(checker);
            long start = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                checker.idle(Duration.ofMillis(1));
            }
            Duration twenty = Duration.ofNanos(System.nanoTime() - start);
            assertThat(twenty).isBetween(Duration.ofMillis(20), Duration.ofSeconds(2));
            start = System.nanoTime();
            checker.idle(Duration.ofMillis(600));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(600));
        }
    }

    @Test
    void wakesFromIdlingWhenClosed() throws Exception {
        AttributeChecker.Connection idle = checker(primary);
        seen(idle);
        wakesWhenClosed(idle);
        wakesWhenClosed(checker(primary));
        Observation.Lost closed = lost(idle);
        assertThat(closed.why()).isEqualTo("the watchdog closed its connection");
        idle.close();
    }

    private static void wakesWhenClosed(AttributeChecker.Connection checker) throws Exception {
        Worker idling = Worker.start(() -> checker.idle(Duration.ofSeconds(30)));
        checker.close();
        idling.awaitEnd();
    }

    @Test
    void wakesFromIdlingWhenInterrupted() throws Exception {
        try (AttributeChecker.Connection checker = checker(primary)) {
            seen(checker);
            Worker idling = Worker.start(() -> checker.idle(Duration.ofSeconds(30)));
            idling.interrupt();
            assertThat(idling.awaitFailure()).isInstanceOf(InterruptedException.class);
        }
    }

    private static String refusal(InstanceAccess access) {
        try (AttributeChecker.Connection checker = new JdbcAttributeChecker(new RecordingLog()).open(access)) {
            Observation.Lost refused = lost(checker);
            assertThat(refused.state()).isEqualTo(InstanceState.UNREACHABLE);
            assertThat(refused.fatal()).isTrue();
            return refused.why();
        }
    }

    private static void alterSystem(String setting) throws SQLException {
        admin("alter system set " + setting);
        primary.query("select pg_reload_conf()");
    }

    /** Also while sessions are read-only by default. */
    private static void admin(String sql) throws SQLException {
        try (Connection connection = primary.connect()) {
            execute(connection, "set default_transaction_read_only = off");
            execute(connection, sql);
        }
    }

    private static int pid(String applicationName) throws SQLException {
        String pid = primary.query("select pid from pg_stat_activity where application_name = '" + applicationName
                + "' and usename = 'watchdog' order by backend_start desc limit 1");
        assertThat(pid).isNotNull();
        return Integer.parseInt(pid);
    }
}
