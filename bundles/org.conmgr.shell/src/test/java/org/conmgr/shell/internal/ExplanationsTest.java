package org.conmgr.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.json.Json;
import javax.json.JsonObject;
import javax.json.JsonValue;
import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.link.VerdictView;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.RegistryView;
import org.junit.jupiter.api.Test;

class ExplanationsTest {
    private static final Instant AT = Instant.parse("2026-05-04T12:00:05.000Z");
    private static final BeatFacts BEATS = new BeatFacts(
            AT.minusSeconds(60),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofMillis(2002),
            new BeatFacts.Beat(58, AT.minusMillis(2002), Duration.ofNanos(300_000), Duration.ZERO),
            new BeatFacts.Beat(60, AT.minusMillis(900), Duration.ZERO, Duration.ZERO),
            57,
            Duration.ZERO);
    private static final VerdictRecord DEAD = new VerdictRecord(
            new VerdictSubject.Instance(Samples.DB1),
            Outcome.DEAD,
            new Verdict(VerdictReason.TIMED_OUT, "silent for 2.00 s", AT),
            "",
            BEATS,
            "");
    private static final VerdictRecord UNMONITORED = new VerdictRecord(
            new VerdictSubject.Instance(Samples.DB0),
            Outcome.UNMONITORED,
            new Verdict(VerdictReason.CLOSED_BY_PEER, "connection closed", AT.minusSeconds(9)),
            "10.0.0.1:5432 answers",
            null,
            "");
    private static final VerdictRecord LOST = new VerdictRecord(
            new VerdictSubject.Conmgr("w", "app\n1", "10.0.1.9"),
            Outcome.LOST,
            new Verdict(VerdictReason.SHUT_DOWN_BY_PEER, "conmgr stops", AT),
            "",
            BEATS,
            "");
    private static final RegistryView REGISTRY = Samples.registry(
            List.of(Samples.PRIMARY, Samples.DEAD_STANDBY, Samples.NEVER_REACHED),
            List.of(),
            new Refusal("08001", "none"));
    private static final VerdictView VERDICTS = () -> List.of(DEAD, LOST, UNMONITORED);
    private static final VerdictView NONE = List::of;

    @Test
    void oneInstance() throws CommandException {
        assertThat(Explanations.ofInstances(REGISTRY, VERDICTS, "1", false)).isEqualTo("""
                instance 1 (db1:5433) is down since 2026-05-04T12:00:05Z: timed out: silent for 2.0 s

                instance 1 (db1:5433) declared dead at 2026-05-04T12:00:05Z: timed out: silent for 2.00 s
                  silence          nothing had come for 2.002 s (heartbeat_timeout 2s, heartbeat_interval 1s)
                  last beat heard  #58 at 2026-05-04T12:00:02.998Z, sent 0.3 ms late; its sender had stood still for 0 ms
                  last beat sent   #60 at 2026-05-04T12:00:04.100Z, 0 ms late; the peer had confirmed up to #57
                  own stall        0 ms
                  link             established at 2026-05-04T11:59:05Z""");
    }

    @Test
    void allInstancesNewestVerdictFirst() throws CommandException {
        assertThat(Explanations.ofInstances(REGISTRY, VERDICTS, null, false).lines())
                .startsWith(
                        "instance 0 (db0:5432) is up since 2026-05-04T12:00:00Z",
                        "instance 1 (db1:5433) is down since 2026-05-04T12:00:05Z: timed out: silent for 2.0 s",
                        "instance 2 (db2:5434) is connecting since 2026-05-04T12:00:00Z",
                        "")
                .endsWith(
                        "instance 0 (db0:5432) left unmonitored at 2026-05-04T11:59:56Z: closed by peer: connection"
                                + " closed",
                        "  probe  10.0.0.1:5432 answers")
                .noneMatch(line -> line.contains("app"));
    }

    @Test
    void anInstanceWithoutAVerdictAndOneTakenOut() throws CommandException {
        assertThat(Explanations.ofInstances(REGISTRY, NONE, "0", false))
                .isEqualTo("instance 0 (db0:5432) is up since 2026-05-04T12:00:00Z");
        VerdictRecord removed = new VerdictRecord(
                new VerdictSubject.Instance(new ConfiguredInstance(7, "old", null, 5432, 27545)),
                Outcome.DEAD,
                DEAD.verdict(),
                "",
                null,
                "");
        assertThat(Explanations.ofInstances(REGISTRY, () -> List.of(removed), "7", false))
                .isEqualTo("instance 7 (old:5432) declared dead at 2026-05-04T12:00:05Z: timed out: silent for 2.00 s");
    }

    @Test
    void aNumberThatThereIsNothingOfIsNamed() {
        assertThatThrownBy(() -> Explanations.ofInstances(REGISTRY, VERDICTS, "9", false))
                .isInstanceOf(CommandException.class)
                .hasMessage("instance: 9 (expected: 0, 1, 2)");
        assertThatThrownBy(() -> Explanations.ofConmgrs(VERDICTS, "app2", false))
                .hasMessage("conmgr: app2 (expected: 10.0.1.9, app\n1)");
        assertThatThrownBy(() -> Explanations.ofConmgrs(NONE, "app2", true))
                .hasMessage("conmgr: app2 (expected: none has been lost)");
    }

    @Test
    void lostConmgrs() throws CommandException {
        assertThat(Explanations.ofConmgrs(NONE, null, false)).isEqualTo(Explanations.NONE_LOST);
        assertThat(Explanations.ofConmgrs(VERDICTS, "10.0.1.9", false).lines())
                .hasSize(6)
                .startsWith("conmgr \"app?1\" at 10.0.1.9 lost at 2026-05-04T12:00:05Z: shut down by peer: conmgr"
                        + " stops");
        JsonObject row = Json.createReader(new StringReader(Explanations.ofConmgrs(VERDICTS, null, true)))
                .readArray()
                .getJsonObject(0);
        assertThat(row.getString("conmgr")).isEqualTo("app\n1");
        assertThat(row.getString("watchdog")).isEqualTo("w");
    }

    @Test
    void forPrograms() throws CommandException {
        List<JsonObject> rows = Json.createReader(
                        new StringReader(Explanations.ofInstances(REGISTRY, VERDICTS, null, true)))
                .readArray()
                .getValuesAs(JsonObject.class);
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).getInt("instance")).isEqualTo(1);
        assertThat(rows.get(0).getString("reason")).isEqualTo("timed out");
        assertThat(rows.get(0).getJsonNumber("silence_ms").doubleValue()).isEqualTo(2002);
        assertThat(rows.get(0).getInt("heard")).isEqualTo(58);
        assertThat(rows.get(0).getString("heard_at")).isEqualTo("2026-05-04T12:00:02.998Z");
        assertThat(rows.get(0).getInt("confirmed")).isEqualTo(57);
        assertThat(rows.get(1).keySet()).isEqualTo(rows.get(0).keySet());
        assertThat(rows.get(1).getString("probe")).isEqualTo("10.0.0.1:5432 answers");
        assertThat(rows.get(1).get("heard")).isEqualTo(JsonValue.NULL);
    }
}
