package org.conmgr.jmx.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.management.openmbean.CompositeData;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.api.link.VerdictSubject;
import org.junit.jupiter.api.Test;

class VerdictBeansTest {
    private static final String VERDICTS = "type=Verdicts";
    private static final Verdict VERDICT =
            new Verdict(VerdictReason.TIMED_OUT, "silent for 2.00 s", Instant.parse("2026-05-04T12:00:05Z"));

    private final VerdictRecord dead = new VerdictRecord(
            new VerdictSubject.Instance(new ConfiguredInstance(1, "db1", null, 5432, 27545)),
            Outcome.DEAD,
            VERDICT,
            "",
            new BeatFacts(
                    VERDICT.at(),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(2),
                    null,
                    null,
                    0,
                    Duration.ofMillis(112)),
            "");
    private final VerdictRecord lost =
            new VerdictRecord(new VerdictSubject.Conmgr("w", "app1", "10.0.1.9"), Outcome.LOST, VERDICT, "", null, "");

    @Test
    void verdictsOfBothEndsAreReadAsOpenTypes() throws Exception {
        PlatformBeans beans = new PlatformBeans();
        try (VerdictBeans shown = new VerdictBeans(() -> List.of(dead, lost), beans)) {
            assertThat(shown).isNotNull();
            CompositeData[] rows = (CompositeData[]) beans.read(VERDICTS, "Verdicts");
            assertThat(rows).hasSize(2);
            assertThat(rows[0].get("at")).isEqualTo("2026-05-04T12:00:05Z");
            assertThat(rows[0].get("instance")).isEqualTo(1);
            assertThat(rows[0].get("conmgr")).isNull();
            assertThat(rows[0].get("outcome")).isEqualTo("declared dead");
            assertThat(rows[0].get("reason")).isEqualTo("timed out");
            assertThat(rows[0].get("evidence")).isEqualTo("silent for 2.00 s");
            assertThat(rows[0].get("ownStallMs")).isEqualTo(112.0);
            assertThat(rows[0].get("explanation")).isEqualTo(dead.toString());
            assertThat(rows[1].get("instance")).isNull();
            assertThat(rows[1].get("watchdog")).isEqualTo("w");
            assertThat(rows[1].get("conmgr")).isEqualTo("app1");
            assertThat(rows[1].get("ownStallMs")).isNull();
        }
        assertThat(beans.shows(VERDICTS)).isFalse();
    }
}
