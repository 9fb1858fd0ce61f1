package org.conmgr.shell.internal;

import static org.conmgr.shell.internal.Column.number;
import static org.conmgr.shell.internal.Column.text;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.link.VerdictView;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.jspecify.annotations.Nullable;

/** The text of the explain commands. */
final class Explanations {
    static final String NONE_LOST = "No conmgr has been lost since this process was started.";

    private static final List<Column<VerdictRecord>> INSTANCES = columns(List.of(number(
            "instance",
            row -> row.subject() instanceof VerdictSubject.Instance judged
                    ? judged.instance().number()
                    : null)));

    private static final List<Column<VerdictRecord>> CONMGRS = columns(List.of(
            text("watchdog", row -> row.subject() instanceof VerdictSubject.Conmgr lost ? lost.watchdog() : null),
            text("conmgr", row -> row.subject() instanceof VerdictSubject.Conmgr lost ? lost.name() : null),
            text("address", row -> row.subject() instanceof VerdictSubject.Conmgr lost ? lost.address() : null)));

    private Explanations() {}

    private static List<Column<VerdictRecord>> columns(List<Column<VerdictRecord>> subject) {
        List<Column<VerdictRecord>> verdict = List.of(
                text("at", row -> row.verdict().at().truncatedTo(ChronoUnit.MILLIS)),
                text("outcome", row -> row.outcome().words()),
                text("reason", row -> row.verdict().reason().words()),
                text("evidence", row -> row.verdict().evidence()),
                text("probe", VerdictRecord::probe),
                number("silence_ms", row -> beats(row, facts -> millis(facts.silence()))),
                number("heard", row -> beats(row, facts -> beat(facts.heard(), BeatFacts.Beat::sequence))),
                text("heard_at", row -> beats(row, facts -> beat(facts.heard(), Explanations::time))),
                number("heard_late_ms", row -> beats(row, facts -> beat(facts.heard(), beat -> millis(beat.late())))),
                number("peer_stall_ms", row -> beats(row, facts -> beat(facts.heard(), beat -> millis(beat.stall())))),
                number("sent", row -> beats(row, facts -> beat(facts.sent(), BeatFacts.Beat::sequence))),
                text("sent_at", row -> beats(row, facts -> beat(facts.sent(), Explanations::time))),
                number("sent_late_ms", row -> beats(row, facts -> beat(facts.sent(), beat -> millis(beat.late())))),
                number("confirmed", row -> beats(row, BeatFacts::confirmed)),
                number("own_stall_ms", row -> beats(row, facts -> millis(facts.ownStall()))),
                text("shadow", VerdictRecord::shadow));
        return Stream.concat(subject.stream(), verdict.stream()).toList();
    }

    /**
     * The verdicts of one instance, or of all, below what is the case now.
     *
     * @throws CommandException for a number that there is nothing of
     */
    static String ofInstances(RegistryView registry, VerdictView view, @Nullable String wanted, boolean json)
            throws CommandException {
        List<InstanceStatus> instances = registry.instances();
        List<VerdictRecord> all = view.verdicts().stream()
                .filter(row -> row.subject() instanceof VerdictSubject.Instance)
                .toList();
        TreeSet<Integer> known = new TreeSet<>();
        instances.forEach(status -> known.add(status.instance().number()));
        all.forEach(row -> known.add(numberOf(row)));
        List<VerdictRecord> chosen = all;
        if (wanted != null) {
            if (known.stream().noneMatch(number -> String.valueOf(number).equals(wanted))) {
                throw new CommandException("instance: " + wanted + " (expected: "
                        + (known.isEmpty()
                                ? "none is configured"
                                : known.stream().map(String::valueOf).collect(Collectors.joining(", ")))
                        + ")");
            }
            chosen = all.stream()
                    .filter(row -> String.valueOf(numberOf(row)).equals(wanted))
                    .toList();
        }
        if (json) {
            return JsonText.array(INSTANCES, chosen);
        }
        if (known.isEmpty()) {
            return Views.NO_INSTANCE;
        }
        List<String> parts = new ArrayList<>();
        for (InstanceStatus status : instances) {
            if (wanted == null || String.valueOf(status.instance().number()).equals(wanted)) {
                parts.add(now(status));
            }
        }
        return Stream.of(String.join("\n", parts), blocks(chosen))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("\n\n"));
    }

    /**
     * The verdicts on one conmgr, or on all.
     *
     * @throws CommandException for a name and address that there is nothing of
     */
    static String ofConmgrs(VerdictView view, @Nullable String wanted, boolean json) throws CommandException {
        List<VerdictRecord> lost = view.verdicts().stream()
                .filter(row -> row.subject() instanceof VerdictSubject.Conmgr conmgr
                        && (wanted == null || wanted.equals(conmgr.name()) || wanted.equals(conmgr.address())))
                .toList();
        if (wanted != null && lost.isEmpty()) {
            List<String> known = conmgrs(view);
            throw new CommandException("conmgr: " + wanted + " (expected: "
                    + (known.isEmpty() ? "none has been lost" : String.join(", ", known)) + ")");
        }
        if (json) {
            return JsonText.array(CONMGRS, lost);
        }
        return lost.isEmpty() ? NONE_LOST : blocks(lost);
    }

    /** Names and addresses on record, sorted. */
    static List<String> conmgrs(VerdictView view) {
        TreeSet<String> known = new TreeSet<>();
        for (VerdictRecord row : view.verdicts()) {
            if (row.subject() instanceof VerdictSubject.Conmgr conmgr) {
                known.add(conmgr.name());
                known.add(conmgr.address());
            }
        }
        return List.copyOf(known);
    }

    /** {@code instance 1 (db1:5432) is down since 2026-11-22T12:00:03.120Z: timed out: ...}. */
    private static String now(InstanceStatus status) {
        String reason = status.reason();
        return Table.printable(status.instance() + " is " + status.link().word() + " since "
                + status.since().truncatedTo(ChronoUnit.MILLIS) + (reason.isEmpty() ? "" : ": " + reason));
    }

    private static String blocks(List<VerdictRecord> verdicts) {
        return verdicts.stream().map(Explanations::block).collect(Collectors.joining("\n\n"));
    }

    private static String block(VerdictRecord verdict) {
        Map<String, String> details = verdict.details();
        int width = details.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder block = new StringBuilder(Table.printable(verdict.headline()));
        details.forEach((about, words) -> block.append("\n  ")
                .append(about)
                .append(" ".repeat(width - about.length() + 2))
                .append(Table.printable(words)));
        return block.toString();
    }

    private static int numberOf(VerdictRecord row) {
        return row.subject() instanceof VerdictSubject.Instance judged
                ? judged.instance().number()
                : -1;
    }

    private static @Nullable Object beats(VerdictRecord row, Column.Fact<BeatFacts> fact) {
        BeatFacts beats = row.beats();
        return beats == null ? null : fact.apply(beats);
    }

    private static @Nullable Object beat(BeatFacts.@Nullable Beat beat, Function<BeatFacts.Beat, Object> fact) {
        return beat == null ? null : fact.apply(beat);
    }

    private static String time(BeatFacts.Beat beat) {
        return beat.at().truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private static Object millis(Duration time) {
        return BigDecimal.valueOf(time.toNanos() / 1000, 3);
    }
}
