package org.conmgr.jmx.internal;

import java.util.List;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.link.VerdictView;
import org.jspecify.annotations.Nullable;

/** A {@link VerdictsMXBean} over what the links have kept. */
final class VerdictsBean implements VerdictsMXBean {
    private final VerdictView view;

    VerdictsBean(VerdictView view) {
        this.view = view;
    }

    @Override
    public List<VerdictRow> getVerdicts() {
        return view.verdicts().stream()
                .map(verdict -> (VerdictRow) new Row(verdict))
                .toList();
    }

    private record Row(VerdictRecord verdict) implements VerdictRow {
        @Override
        public String getAt() {
            return Values.time(verdict.verdict().at());
        }

        @Override
        public @Nullable Integer getInstance() {
            return verdict.subject() instanceof VerdictSubject.Instance judged
                    ? judged.instance().number()
                    : null;
        }

        @Override
        public @Nullable String getWatchdog() {
            return verdict.subject() instanceof VerdictSubject.Conmgr lost ? lost.watchdog() : null;
        }

        @Override
        public @Nullable String getConmgr() {
            return verdict.subject() instanceof VerdictSubject.Conmgr lost ? lost.name() : null;
        }

        @Override
        public String getOutcome() {
            return verdict.outcome().words();
        }

        @Override
        public String getReason() {
            return verdict.verdict().reason().words();
        }

        @Override
        public String getEvidence() {
            return verdict.verdict().evidence();
        }

        @Override
        public @Nullable Double getOwnStallMs() {
            BeatFacts beats = verdict.beats();
            return beats == null ? null : beats.ownStall().toNanos() / 1e6;
        }

        @Override
        public String getExplanation() {
            return verdict.toString();
        }
    }
}
