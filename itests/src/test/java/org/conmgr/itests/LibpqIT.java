package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The main job for programs of libpq: the distribution's {@code conmgr-run}, psql as Debian has it, a real conmgr. */
@NullUnmarked
class LibpqIT {
    private static Site site;

    @BeforeAll
    static void start() {
        need(
                Files.isExecutable(Path.of("/usr/bin/psql"))
                        && Files.isDirectory(Distribution.unpacked().resolve("lib/linux-" + machine())),
                "psql, and a distribution with the companion of libpq");
        site = Site.start();
    }

    static void need(boolean there, String what) {
        if (!there) {
            assertThat(System.getenv("CI"))
                    .as("On CI nothing may be missing, but: " + what)
                    .isNotEqualTo("true");
            System.err.println("SKIPPED: this test needs " + what);
            assumeTrue(false, "needs " + what);
        }
    }

    static String machine() {
        String arch = System.getProperty("os.arch");
        return arch.equals("amd64") ? "x86_64" : arch;
    }

    @AfterAll
    static void stop() {
        if (site != null) {
            site.close();
        }
    }

    private static Process psql(String target, String sql) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Distribution.unpacked().resolve("bin/conmgr-run").toString());
        command.addAll(Arrays.asList("psql", "-X", "-At", "-c", sql));
        command.add("host=127.0.0.1 port=" + site.conmgrPort() + " user=postgres dbname=postgres target_session_attrs="
                + target);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        return builder.start();
    }

    private static String output(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(output).isTrue();
        return output.strip();
    }

    private static int primary() {
        return site.cluster().instances().indexOf(site.cluster().primary());
    }

    @Test
    void psqlLandsWhereConmgrSays() throws Exception {
        String here = Integer.toString(site.cluster().primary().port());
        assertThat(output(psql("read-write", "select inet_server_port()"))).isEqualTo(here);
        assertThat(output(psql("primary", "select inet_server_port()"))).isEqualTo(here);
        assertThat(output(psql("standby", "select pg_is_in_recovery()"))).isEqualTo("t");
        assertThat(output(psql("prefer-standby", "select pg_is_in_recovery()"))).isEqualTo("t");
    }

    @Test
    void aQueryOnAFrozenHostFailsWithinTheTimeout() throws Exception {
        EmbeddedInstance instance = site.cluster().primary();
        Node watchdog = site.watchdogOf(instance);
        List<Long> took = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            Process sleeping = psql("primary", "select pg_sleep(600)");
            try {
                Await.until("the query runs", () -> "1"
                        .equals(instance.query("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")));
                instance.freeze();
                watchdog.freeze();
                long frozen = System.nanoTime();
                String output = output(sleeping);
                took.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - frozen));
                assertThat(output).contains("server closed the connection unexpectedly");
                assertThat(sleeping.exitValue()).isEqualTo(2);
                String refused = output(psql("primary", "select 1"));
                assertThat(refused)
                        .contains("connection to conmgr at \"127.0.0.1\"")
                        .contains("no instance with target_session_attrs=primary")
                        .contains(primary() + " (down: timed out");
            } finally {
                sleeping.destroyForcibly();
                instance.thaw();
                watchdog.thaw();
            }
            Await.passes("conmgr sees the primary again", Duration.ofSeconds(30), () -> assertThat(
                            output(psql("primary", "select 1")))
                    .isEqualTo("1"));
            instance.query(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity where wait_event = 'PgSleep'");
        }
        System.out.println("frozen to ended: " + took + " ms, heartbeat_timeout " + Site.TIMEOUT_MILLIS + " ms");
        assertThat(took).allSatisfy(ms -> assertThat(ms).isLessThan(Site.TIMEOUT_MILLIS + 4_000L));
    }
}
