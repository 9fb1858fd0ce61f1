package org.conmgr.api.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.junit.jupiter.api.Test;

class VerdictRecordTest {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:03.120456Z");
    private static final VerdictSubject INSTANCE =
            new VerdictSubject.Instance(new ConfiguredInstance(1, "10.0.0.2", null, 5432, 27545));

    @Test
    void saysAllItRestedOnInPlainWords() {
        BeatFacts beats = new BeatFacts(
                AT.minusSeconds(3600),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofMillis(2002),
                new BeatFacts.Beat(118, AT.minusMillis(2002), Duration.ofNanos(310_000), Duration.ZERO),
                new BeatFacts.Beat(121, AT.minusMillis(100), Duration.ofMillis(12), Duration.ofMillis(112)),
                117,
                Duration.ofMillis(112));
        VerdictRecord record = new VerdictRecord(
                INSTANCE,
                Outcome.DEAD,
                new Verdict(VerdictReason.TIMED_OUT, "silent for 2.00 s; last beat #118; own stall 112 ms", AT),
                "10.0.0.2:5432 did not answer within 2000 ms",
                beats,
                "phi would have declared it dead 0.70 s earlier");
        assertThat(record.headline())
                .isEqualTo("instance 1 (10.0.0.2:5432) declared dead at 2026-11-22T12:00:03.120Z: timed out: silent"
                        + " for 2.00 s; last beat #118; own stall 112 ms");
        assertThat(record.details())
                .containsExactly(
                        entry("silence", "nothing had come for 2.002 s (heartbeat_timeout 2s, heartbeat_interval 1s)"),
                        entry(
                                "last beat heard",
                                "#118 at 2026-11-22T12:00:01.118Z, sent 0.3 ms late; its sender had stood still for"
                                        + " 0 ms"),
                        entry(
                                "last beat sent",
                                "#121 at 2026-11-22T12:00:03.020Z, 12 ms late; the peer had confirmed up to #117"),
                        entry("own stall", "112 ms"),
                        entry("link", "established at 2026-11-22T11:00:03.120Z"),
                        entry("probe", "10.0.0.2:5432 did not answer within 2000 ms"),
                        entry("shadow", "phi would have declared it dead 0.70 s earlier"));
        assertThat(record.toString())
                .startsWith(record.headline() + "; silence: nothing")
                .endsWith("; shadow: phi would have declared it dead 0.70 s earlier");
    }

    @Test
    void leavesOutWhatThereWasNot() {
        Verdict verdict = new Verdict(VerdictReason.CLOSED_BY_PEER, "its watchdog has been gone for a while", AT);
        VerdictRecord record = new VerdictRecord(INSTANCE, Outcome.DEAD, verdict, "", null, "");
        assertThat(record.details()).isEmpty();
        assertThat(record.toString()).isEqualTo(record.headline());

        BeatFacts beats = new BeatFacts(
                AT, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ZERO, null, null, 0, Duration.ZERO);
        VerdictRecord early = new VerdictRecord(
                new VerdictSubject.Conmgr("w", "app1", "10.0.1.9"), Outcome.LOST, verdict, "", beats, "");
        assertThat(early.headline()).startsWith("conmgr \"app1\" at 10.0.1.9 lost at 2026-11-22T12:00:03.120Z: closed");
        assertThat(early.details()).containsEntry("last beat heard", "none").containsEntry("last beat sent", "none");
    }

    private static Map.Entry<String, String> entry(String key, String value) {
        return Map.entry(key, value);
    }
}
