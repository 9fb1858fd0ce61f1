package org.conmgr.itests;

import java.util.Objects;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A real primary with one standby for the tests of one class. Register it before the container that is to watch it. */
final class PostgresCluster implements BeforeAllCallback, AfterAllCallback {
    private @Nullable EmbeddedCluster cluster;

    EmbeddedInstance primary() {
        return started().primary();
    }

    EmbeddedInstance standby() {
        return started().standbys().get(0);
    }

    private EmbeddedCluster started() {
        return Objects.requireNonNull(cluster, "the cluster is not started");
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        cluster = EmbeddedCluster.builder().standbys(1).start();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (cluster != null) {
            cluster.close();
        }
    }
}
