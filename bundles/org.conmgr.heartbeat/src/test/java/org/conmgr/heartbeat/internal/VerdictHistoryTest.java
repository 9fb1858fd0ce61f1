package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.api.link.VerdictSubject;
import org.junit.jupiter.api.Test;

class VerdictHistoryTest {
    private final VerdictHistory history = new VerdictHistory();
    private long second;

    private void dead(int number) {
        add(new VerdictSubject.Instance(new ConfiguredInstance(number, "db", null, 5432, 27545)), Outcome.DEAD);
    }

    private void lost(String name) {
        add(new VerdictSubject.Conmgr("w", name, "192.0.2.7"), Outcome.LOST);
    }

    private void add(VerdictSubject subject, Outcome outcome) {
        Verdict verdict = new Verdict(VerdictReason.TIMED_OUT, "", Instant.ofEpochSecond(++second));
        history.add(new VerdictRecord(subject, outcome, verdict, "", null, ""));
    }

    @Test
    void isToldNewestFirst() {
        assertThat(history.verdicts()).isEmpty();
        dead(0);
        lost("app");
        dead(1);
        dead(0);
        assertThat(history.verdicts())
                .extracting(record -> record.verdict().at().getEpochSecond())
                .containsExactly(4L, 3L, 2L, 1L);
    }

    @Test
    void keepsTheLastOfEachInstance() {
        dead(1);
        for (int i = 0; i < VerdictHistory.MAX_RECORDS + 3; i++) {
            dead(0);
        }
        assertThat(history.verdicts()).hasSize(VerdictHistory.MAX_RECORDS + 1);
        assertThat(history.verdicts().get(0).verdict().at()).isEqualTo(Instant.ofEpochSecond(second));
        assertThat(history.verdicts().get(VerdictHistory.MAX_RECORDS).verdict().at())
                .as("another's flapping costs an instance nothing")
                .isEqualTo(Instant.ofEpochSecond(1));
    }

    @Test
    void thousandsOfConmgrsNeitherFillTheMemoryNorPushOutAnInstance() {
        dead(0);
        lost("first");
        for (int i = 0; i < 10_000; i++) {
            lost("app" + i);
        }
        lost("app9990");
        assertThat(history.verdicts()).hasSize(1 + VerdictHistory.MAX_SUBJECTS + 1);
        assertThat(history.verdicts())
                .extracting(record -> record.subject().toString())
                .contains("instance 0 (db:5432)", "conmgr \"app9990\" at 192.0.2.7")
                .doesNotContain("conmgr \"first\" at 192.0.2.7");
    }
}
