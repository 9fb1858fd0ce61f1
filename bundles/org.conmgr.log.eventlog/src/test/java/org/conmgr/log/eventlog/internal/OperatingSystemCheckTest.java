package org.conmgr.log.eventlog.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.conmgr.testkit.OsgiFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperatingSystemCheckTest {
    @ParameterizedTest
    @ValueSource(strings = {"Windows 11", "Windows Server 2022", "windows"})
    void knowsWindows(String name) {
        assertThat(OperatingSystemCheck.isWindows(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Linux", "Mac OS X", "Darwin", ""})
    void knowsWhatIsNot(String name) {
        assertThat(OperatingSystemCheck.isWindows(name)).isFalse();
    }

    @Test
    void offersTheServiceWhileItIsActive(@TempDir Path storage) {
        try (OsgiFramework framework = OsgiFramework.start(storage)) {
            new OperatingSystemCheck(framework.context(), "Linux").close();
            assertThat(framework.find(Windows.class)).isEmpty();

            OperatingSystemCheck check = new OperatingSystemCheck(framework.context(), "Windows 11");
            assertThat(framework.find(Windows.class)).hasSize(1);
            check.close();
            assertThat(framework.find(Windows.class)).isEmpty();
        }
    }
}
