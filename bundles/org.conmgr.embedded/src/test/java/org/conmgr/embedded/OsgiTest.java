package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.io.IOUtils;
import org.apache.commons.lang3.StringUtils;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.launch.Framework;
import org.postgresql.Driver;
import org.tukaani.xz.XZInputStream;

/** The bundle and what it needs, alone in a framework whose class path has none of it. */
class OsgiTest {
    private final Path storage;

    OsgiTest(@TempDir Path storage) {
        this.storage = storage;
    }

    @Test
    void startsAClusterInsideAFramework() throws Exception {
        Framework framework =
                new FrameworkFactory().newFramework(Map.of("org.osgi.framework.storage", storage.toString()));
        framework.start();
        try {
            List<Bundle> bundles = new ArrayList<>();
            for (Class<?> owner : List.of(
                    EmbeddedCluster.class,
                    Driver.class,
                    TarArchiveEntry.class,
                    XZInputStream.class,
                    IOUtils.class,
                    StringUtils.class,
                    DigestUtils.class)) {
                bundles.add(framework.getBundleContext().installBundle("reference:" + location(owner)));
            }
            for (Bundle bundle : bundles) {
                bundle.start();
            }
            // Its own copy of the class, so that nothing of ours can help it.
            Class<?> type = bundles.get(0).loadClass(EmbeddedCluster.class.getName());
            assertThat(type).isNotSameAs(EmbeddedCluster.class);
            Object builder = type.getMethod("builder").invoke(null);
            builder.getClass().getMethod("standbys", int.class).invoke(builder, 1);
            try (AutoCloseable cluster =
                    (AutoCloseable) builder.getClass().getMethod("start").invoke(builder)) {
                Object primary = type.getMethod("primary").invoke(cluster);
                Object answer = primary.getClass()
                        .getMethod("query", String.class)
                        .invoke(primary, "select count(*) from pg_stat_replication");
                assertThat(answer).isEqualTo("1");
            }
        } finally {
            framework.stop();
            framework.waitForStop(0);
        }
    }

    private static String location(Class<?> owner) {
        CodeSource source = owner.getProtectionDomain().getCodeSource();
        return source.getLocation().toString();
    }
}
