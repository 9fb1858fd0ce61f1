package org.conmgr.libpq;

import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.Nullable;

/**
 * A primary and two standbys for all tests of this JVM that leave them as they are. Of the version that Debian has, whose
 * pg_dump dumps no newer one.
 */
final class Servers {
    private static final EmbeddedCluster CLUSTER = EmbeddedCluster.builder()
            .version(15)
            .standbys(2)
            .role("app", "right")
            .start();

    private Servers() {}

    static EmbeddedInstance primary() {
        return CLUSTER.instances().get(0);
    }

    static EmbeddedInstance standby() {
        return CLUSTER.instances().get(1);
    }

    static EmbeddedInstance otherStandby() {
        return CLUSTER.instances().get(2);
    }

    /** Waits until some backend sleeps in {@code pg_sleep}. */
    static void awaitSleeper(EmbeddedInstance instance) {
        Await.until("a query sleeps", () -> !"0".equals(sleepers(instance)));
    }

    private static @Nullable String sleepers(EmbeddedInstance instance) throws Exception {
        return instance.query("select count(*) from pg_stat_activity where wait_event = 'PgSleep'");
    }

    /** Ends those that still sleep: the server does not notice by itself while they do. */
    static void endSleepers(EmbeddedInstance instance) throws Exception {
        instance.query("select count(pg_terminate_backend(pid)) from pg_stat_activity where wait_event = 'PgSleep'");
        Await.until("no query sleeps", () -> "0".equals(sleepers(instance)));
    }
}
