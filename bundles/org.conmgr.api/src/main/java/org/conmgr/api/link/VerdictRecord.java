package org.conmgr.api.link;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.conmgr.api.setting.Setting;
import org.jspecify.annotations.Nullable;

/**
 * A verdict with all it rested on, kept so that it can be explained later.
 *
 * @param subject whom it is about
 * @param outcome what became of it
 * @param verdict the reason, the evidence in short, and when
 * @param probe what the probe of {@code backend_port} found; empty when there was none
 * @param beats the beats of the link that ended; null when there was none, as with an instance that was unmonitored
 * @param shadow what the failure detector in shadow would have decided; empty when there is none, or when it was not a
 *     question of time
 */
public record VerdictRecord(
        VerdictSubject subject,
        Outcome outcome,
        Verdict verdict,
        String probe,
        @Nullable BeatFacts beats,
        String shadow) {
    /** What a verdict did. */
    public enum Outcome {
        /** The instance was declared dead: its application connections ended. */
        DEAD("declared dead"),
        /** The instance's watchdog was gone, the instance answered: nothing ended. */
        UNMONITORED("left unmonitored"),
        /** The conmgr was given up: its watchdog ended what it had to end. */
        LOST("lost");

        private final String words;

        Outcome(String words) {
            this.words = words;
        }

        /** The words used in every view. */
        public String words() {
            return words;
        }
    }

    /** {@code instance 1 (db1:5432) declared dead at 2026-11-22T12:00:03.120Z: timed out: silent for 2.00 s; ...}. */
    public String headline() {
        return subject + " " + outcome.words() + " at " + text(verdict.at()) + ": " + verdict;
    }

    /** What it rested on, in plain words, by what that is about; in a fixed order, without what there is none of. */
    public Map<String, String> details() {
        Map<String, String> details = new LinkedHashMap<>();
        BeatFacts known = beats;
        if (known != null) {
            details.put(
                    "silence",
                    String.format(
                            Locale.ROOT,
                            "nothing had come for %.3f s (heartbeat_timeout %s, heartbeat_interval %s)",
                            known.silence().toNanos() / 1e9,
                            Setting.text(known.timeout()),
                            Setting.text(known.interval())));
            details.put("last beat heard", heard(known.heard()));
            details.put("last beat sent", sent(known.sent(), known.confirmed()));
            details.put("own stall", millis(known.ownStall()));
            details.put("link", "established at " + text(known.established()));
        }
        if (!probe.isEmpty()) {
            details.put("probe", probe);
        }
        if (!shadow.isEmpty()) {
            details.put("shadow", shadow);
        }
        return Collections.unmodifiableMap(details);
    }

    private static String heard(BeatFacts.@Nullable Beat beat) {
        return beat == null
                ? "none"
                : "#" + beat.sequence() + " at " + text(beat.at()) + ", sent " + millis(beat.late())
                        + " late; its sender had stood still for " + millis(beat.stall());
    }

    private static String sent(BeatFacts.@Nullable Beat beat, long confirmed) {
        return beat == null
                ? "none"
                : "#" + beat.sequence() + " at " + text(beat.at()) + ", " + millis(beat.late()) + " late; the peer had "
                        + (confirmed == 0 ? "confirmed none" : "confirmed up to #" + confirmed);
    }

    private static String millis(Duration time) {
        long micros = time.toNanos() / 1000;
        return micros % 1000 == 0 || micros >= 100_000
                ? micros / 1000 + " ms"
                : String.format(Locale.ROOT, "%.1f ms", micros / 1e3);
    }

    private static String text(Instant at) {
        return at.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /** All of it in one line. */
    @Override
    public String toString() {
        return headline()
                + details().entrySet().stream()
                        .map(detail -> "; " + detail.getKey() + ": " + detail.getValue())
                        .collect(Collectors.joining());
    }
}
