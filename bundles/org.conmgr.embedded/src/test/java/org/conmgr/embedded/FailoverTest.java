package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailoverTest {
    @ParameterizedTest
    @ValueSource(ints = {13, 14, 15, 16, 17, 18})
    void everyVersionReplicatesPromotesAndTakesTheOldPrimaryBack(int major) throws SQLException {
        List<EmbeddedInstance> instances;
        List<Long> pids;
        try (EmbeddedCluster cluster =
                EmbeddedCluster.builder().version(major).standbys(2).start()) {
            instances = cluster.instances();
            EmbeddedInstance first = instances.get(0);
            EmbeddedInstance second = instances.get(1);
            EmbeddedInstance third = instances.get(2);
            assertThat(cluster.primary()).isSameAs(first);
            assertThat(cluster.standbys()).containsExactly(second, third);
            assertThat(first.query("show server_version")).startsWith(major + ".");

            first.query("create table t as select 1 as a");
            cluster.awaitReplay();
            assertThat(second.query("select count(*) from t")).isEqualTo("1");
            assertThat(third.query("select count(*) from t")).isEqualTo("1");
            assertThatThrownBy(() -> second.query("insert into t values (0)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));

            first.killAll();
            second.promote();
            assertThat(cluster.primary()).isSameAs(second);
            assertThat(cluster.standbys()).containsExactly(third);
            second.query("insert into t values (2)");

            third.follow(second);
            int port = first.port();
            first.makeStandbyOf(second);
            assertThat(first.port()).isEqualTo(port);
            second.query("insert into t values (3)");
            cluster.awaitReplay();
            assertThat(first.query("select count(*) from t")).isEqualTo("3");
            assertThat(third.query("select count(*) from t")).isEqualTo("3");

            pids = instances.stream().flatMap(each -> each.pids().stream()).toList();
            assertThat(pids).hasSizeGreaterThan(3 * 4);
        }
        assertThat(instances).noneMatch(EmbeddedInstance::isRunning);
        assertThat(pids).noneMatch(pid -> isPostgres(pid));
    }

    /** A process id may be another program's by now; a zombie has no program. */
    private static boolean isPostgres(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .filter(command -> command.endsWith("postgres"))
                .isPresent();
    }
}
