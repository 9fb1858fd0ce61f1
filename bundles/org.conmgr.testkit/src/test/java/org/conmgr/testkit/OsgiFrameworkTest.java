package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.conmgr.api.log.MessageLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

class OsgiFrameworkTest {
    @Test
    void runsDeclarativeServicesAndConfigurationAdminAndBundlesOfTheClassPath(@TempDir Path storage) {
        try (OsgiFramework framework = OsgiFramework.start(storage)) {
            Bundle api = framework.install(MessageLog.class);

            assertThat(api.getSymbolicName()).isEqualTo("org.conmgr.api");
            assertThat(api.getState()).isEqualTo(Bundle.ACTIVE);
            assertThat(framework.service(ConfigurationAdmin.class)).isNotNull();
            assertThat(framework.service(ServiceComponentRuntime.class)).isNotNull();
        }
    }

    @Test
    void sharesPackagesWithTheTest(@TempDir Path storage) {
        RecordingLog log = new RecordingLog();
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class)) {
            framework.register(MessageLog.class, log, Map.of());

            assertThat(framework.service(MessageLog.class)).isSameAs(log);
        }
    }
}
