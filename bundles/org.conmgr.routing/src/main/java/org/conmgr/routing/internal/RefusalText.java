package org.conmgr.routing.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.RouteRequest;

/** Says of every instance why it would not do. */
final class RefusalText {
    /** SQLSTATE: the client was unable to establish the connection. */
    private static final String SQL_STATE = "08001";

    private RefusalText() {}

    static Refusal of(Look look, Collection<BookedInstance> instances, Instant now) {
        StringJoiner each = new StringJoiner(", ");
        for (BookedInstance instance : instances) {
            each.add(instance.configured.number() + " (" + words(look, instance, now) + ")");
        }
        return refusal(
                look.request(),
                instances.isEmpty() ? "no instance is configured" : each.toString(),
                instances.stream().map(instance -> instance.configured).toList());
    }

    static Refusal stopping(RouteRequest request) {
        return refusal(request, "conmgr is stopping", List.of());
    }

    private static Refusal refusal(RouteRequest request, String why, List<ConfiguredInstance> instances) {
        return new Refusal(
                SQL_STATE,
                "no instance with target_session_attrs=" + request.target().word() + ": " + why,
                instances);
    }

    private static String words(Look look, BookedInstance instance, Instant now) {
        Verdict verdict = instance.verdict();
        if (verdict != null) {
            return "down: " + verdict.reason().words() + " " + span(Duration.between(verdict.at(), now)) + " ago";
        }
        Attributes facts = instance.facts();
        if (facts == null) {
            return instance.link().word();
        }
        StringJoiner words = new StringJoiner(", ");
        words.add(facts.role().word());
        if (facts.role() == Role.PRIMARY && facts.defaultTransactionReadOnly()) {
            words.add("read-only");
        }
        words.add(instance.link().word());
        if (!instance.standing.brief().isEmpty()) {
            words.add(instance.standing.brief());
        }
        if (facts.state() != InstanceState.ACCEPTING) {
            words.add("takes no new connections");
        }
        if (look.avoids(instance)) {
            words.add("connecting failed");
        }
        if (look.outdated(instance)) {
            words.add("last heard of " + span(Duration.ofNanos(instance.factsAge(look.nanos()))) + " ago");
        }
        if (look.fits(instance, facts) || look.orAny()) {
            bounds(look, instance, facts, words);
        }
        return words.toString();
    }

    private static void bounds(Look look, BookedInstance instance, Attributes facts, StringJoiner words) {
        if (look.lagging(instance, facts)) {
            long lag = look.lagMillis(instance);
            words.add(lag < 0 ? "lag not known" : span(Duration.ofMillis(lag)) + " behind");
        }
        if (look.behindMinLsn(instance, facts)) {
            long lsn = instance.progress().lsn();
            words.add((lsn < 0 ? "position not known" : "at " + lsn(lsn)) + ", min_lsn "
                    + lsn(look.request().minLsn()));
        }
    }

    private static String lsn(long position) {
        return String.format(Locale.ROOT, "%X/%X", position >>> 32, position & 0xFFFF_FFFFL);
    }

    /** {@code 3.1 s}, {@code 5 min}, {@code 7 h}, {@code 3 d}. */
    static String span(Duration time) {
        long ms = Math.max(0, time.toMillis());
        if (ms < 100_000) {
            return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
        }
        long minutes = ms / 60_000;
        if (minutes < 120) {
            return minutes + " min";
        }
        return minutes < 48 * 60 ? minutes / 60 + " h" : minutes / (24 * 60) + " d";
    }
}
