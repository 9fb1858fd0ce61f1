package org.conmgr.log.eventlog.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Library;
import com.sun.jna.platform.win32.WinNT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.MessageLog;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

/** The bundle in a framework on another operating system. */
@EnabledOnOs(OS.LINUX)
class NotWindowsTest {
    @Test
    void theBundleStartsAndItsSinkSaysWhatItWaitsFor(@TempDir Path storage) throws IOException {
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class)) {
            framework.install(Library.class);
            framework.install(WinNT.class);
            framework.register(MessageLog.class, new RecordingLog(), Map.of());
            Bundle bundle = framework.install(EventLogSink.class);

            assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
            assertThat(framework.unsatisfied(bundle, EventLogSink.class)).containsExactly("windows");
            assertThat(framework.unsatisfied(bundle, EventLogSettingsCheck.class))
                    .containsExactly("windows");
            assertThat(framework.unsatisfied(bundle, OperatingSystemCheck.class))
                    .isEmpty();
            assertThat(framework.find(LogSink.class)).isEmpty();
            assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain("jnidispatch");
        }
    }
}
