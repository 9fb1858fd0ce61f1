package org.conmgr.jmx.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import javax.management.MBeanServer;
import org.conmgr.api.log.MessageLog;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;

/** In a framework: how many MBean servers a whiteboard finds. */
class PlatformMBeansTest {
    @Test
    void thereIsOneWhoeverOffersIt(@TempDir Path storage) throws Exception {
        MBeanServer platform = ManagementFactory.getPlatformMBeanServer();
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class)) {
            ServiceRegistration<MBeanServer> first = framework.register(MBeanServer.class, platform, Map.of());
            framework.install(PlatformMBeans.class);
            assertThat(servers(framework)).containsExactly(first.getReference());
            first.unregister();
            Await.until("ours takes over", () -> servers(framework).length == 1);
            ServiceRegistration<MBeanServer> second = framework.register(MBeanServer.class, platform, Map.of());
            Await.passes("ours gives way", () -> assertThat(servers(framework)).containsExactly(second.getReference()));
        }
    }

    private static ServiceReference<?>[] servers(OsgiFramework framework) {
        try {
            ServiceReference<?>[] found =
                    framework.context().getAllServiceReferences(MBeanServer.class.getName(), null);
            return found == null ? new ServiceReference<?>[0] : found;
        } catch (InvalidSyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
