package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddedClusterTest {
    @Test
    void replicatesAndFailsOver() throws SQLException {
        List<Long> pids;
        try (EmbeddedCluster cluster =
                EmbeddedCluster.builder().role("app", "secret").start()) {
            EmbeddedInstance first = cluster.primary();
            EmbeddedInstance second = cluster.standbys().get(0);
            assertThat(first.query("show server_version")).startsWith(EmbeddedBinaries.DEFAULT_MAJOR + ".");
            first.query("create table t as select 1 as a");
            cluster.awaitReplay();
            assertThat(second.query("select a from t")).isEqualTo("1");
            second.connect("postgres", "app", "secret").close();
            assertThatThrownBy(() -> second.connect("postgres", "app", "wrong"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));

            first.freeze();
            first.thaw();
            first.kill();
            assertThat(first.isRunning()).isFalse();
            second.promote();
            assertThat(cluster.primary()).isSameAs(second);
            second.query("insert into t values (2)");
            assertThat(second.query("select count(*) from t")).isEqualTo("2");

            first.start();
            first.killAll();
            assertThat(first.pids()).isEmpty();
            pids = second.pids();
            assertThat(pids).hasSizeGreaterThan(3);
        }
        assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
    }
}
