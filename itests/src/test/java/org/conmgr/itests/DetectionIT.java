package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.conmgr.testkit.lab.Lab;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A handful of cut links between real hosts; {@code bench/detection} makes hundreds and prints their distribution. */
class DetectionIT {
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    @BeforeAll
    static void hosts() {
        Lab.assumeAvailable();
    }

    @Test
    void everyKindOfSessionEndsWithinTheTimeoutAndItsLocksAreReleased() {
        try (LabSite site = LabSite.start(1, 2, INTERVAL, TIMEOUT)) {
            Detection.Result result = Detection.run(site, 3, INTERVAL);
            Detection.print(result, INTERVAL, TIMEOUT);
            assertThat(result.states()).as("SQLSTATEs").containsExactlyInAnyOrder("direct 08006", "gateway 57P01");
            assertThat(result.endedBeforeTheCut()).isEmpty();
            result.byKind().forEach((kind, times) -> {
                // Whatever else this machine does, once in six it lets the product show what it can.
                assertThat(times.min())
                        .as(kind)
                        .isBetween(TIMEOUT.toMillis() - INTERVAL.toMillis() - 100.0, TIMEOUT.toMillis() + 50.0);
                assertThat(times.max()).as(kind).isLessThan(TIMEOUT.toMillis() + 2000.0);
            });
        }
    }
}
