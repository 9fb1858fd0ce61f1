package org.conmgr.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.conmgr.api.log.Message;
import org.conmgr.config.ConfFile.Reading;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class OpenFilesTest {
    private static Reading reading(String text) {
        return ConfFile.parse(ConfFile.NAME, text.getBytes(StandardCharsets.UTF_8), Platform.LINUX);
    }

    @Test
    void countsWhatConmgrHasOpenTwoForEachInstanceAndTheApplications() {
        Reading reading = reading("max_connections = 100\nbackend_host0 = a\nbackend_host7 = b\n");

        assertThat(reading.within(OptionalLong.of(OpenFiles.OWN + 104))).isEqualTo(reading);
        assertThat(reading.within(OptionalLong.empty())).isEqualTo(reading);
        Reading refused = reading.within(OptionalLong.of(OpenFiles.OWN + 103));
        assertThat(refused.conf()).isNull();
        assertThat(refused.errors()).singleElement().satisfies(problem -> {
            assertThat(problem.message()).isEqualTo(Message.TOO_FEW_FILES);
            assertThat(problem)
                    .hasToString("conmgr.conf: max_connections: 100 with 2 instances takes 304 file descriptors"
                            + " (expected: at most 303, the limit that ulimit -Hn shows)");
        });
    }

    @Test
    void doesNotOverflow() {
        assertThat(reading("max_connections = 2147483647\nbackend_host0 = a\n")
                        .within(OptionalLong.of(Integer.MAX_VALUE))
                        .errors())
                .hasSize(1);
    }

    @Test
    void aFileWithErrorsIsNotCounted() {
        Reading reading = reading("max_connections = 100000\nport = 0\n");
        assertThat(reading.within(OptionalLong.of(10))).isEqualTo(reading);
    }

    @Test
    void readsTheSoftLimit() {
        String line = "Max open files            20000                1048576              files     ";
        assertThat(OpenFiles.limit(Stream.of("Limit  Soft Limit  Hard Limit  Units", line)))
                .hasValue(20_000);
        assertThat(OpenFiles.limit(Stream.of(line.replace("20000 ", "unlimited "))))
                .isEmpty();
        assertThat(OpenFiles.limit(Stream.of())).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void thisProcessHasALimit() {
        assertThat(OpenFiles.limit().orElseThrow()).isPositive();
    }
}
