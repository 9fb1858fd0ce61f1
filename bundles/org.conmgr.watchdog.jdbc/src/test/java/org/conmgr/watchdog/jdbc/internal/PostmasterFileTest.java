package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostmasterFileTest {
    private static final int PORT = 5432;
    private static final long START_TIME = 1_795_353_397;

    @ParameterizedTest
    @CsvSource({
        "1795353396, 5432, stopping, true",
        "1795353396, 5432, 'stopping  ', true",
        "1795353396, 5432, 'ready   ', false",
        "1795353396, 5432, 'standby ', false",
        "1795353396, 5433, stopping, false",
        "1795353300, 5432, stopping, false",
        "nonsense, 5432, stopping, false",
    })
    void believesOnlyTheFileOfItsInstance(
            String startTime, String port, String status, boolean stopping, @TempDir Path directory) throws Exception {
        Path file = directory.resolve("postmaster.pid");
        Files.writeString(
                file,
                "4711\n/data\n" + startTime + "\n" + port + "\n/tmp\nlocalhost\n  2155192         4\n" + status + "\n");
        assertThat(new PostmasterFile(file, PORT, START_TIME).stopping()).isEqualTo(stopping);
    }

    @Test
    void knowsNothingWithoutAWholeFile(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("postmaster.pid");
        PostmasterFile postmaster = new PostmasterFile(file, PORT, START_TIME);
        assertThat(postmaster.stopping()).isFalse();
        Files.writeString(file, "4711\n/data\n");
        assertThat(postmaster.stopping()).isFalse();
    }
}
