package org.conmgr.log.internal;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.conmgr.api.log.Severity;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;

/**
 * The settings of the log.
 *
 * @param destinations the words of {@code log_destination}, in lower case; at least one
 * @param more the words of {@code more_destinations}
 * @param leastSeverity {@code log_min_messages}
 */
record LogSettings(Set<String> destinations, Set<String> more, Severity leastSeverity) {
    static final LogSettings DEFAULTS = new LogSettings(Set.of("stderr"), Set.of(), Severity.WARNING);

    private static final String DESTINATION_KEY = "log_destination";
    private static final Pattern QUOTED = Pattern.compile("'[^']*'|\"[^\"]*\"");
    private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9_.]*");

    LogSettings {
        destinations = Set.copyOf(destinations);
        more = Set.copyOf(more);
    }

    /** @throws InvalidSetting if one of them cannot be used */
    static LogSettings of(String destinations, String more, String leastSeverity) {
        return new LogSettings(
                destinations(DESTINATION_KEY, destinations),
                unquote(more).isEmpty() ? Set.of() : destinations("more_destinations", more),
                Setting.word("log_min_messages", unquote(leastSeverity), Severity.class));
    }

    /** Where messages go. */
    Set<String> all() {
        Set<String> all = new LinkedHashSet<>(destinations);
        all.addAll(more);
        return all;
    }

    private static Set<String> destinations(String key, String text) {
        Set<String> words = new LinkedHashSet<>();
        for (String part : unquote(text).split(",", -1)) {
            String word = unquote(part).toLowerCase(Locale.ROOT);
            if (!WORD.matcher(word).matches()) {
                throw new InvalidSetting(key, text, "a list of destinations, as in stderr,syslog");
            }
            words.add(word);
        }
        return words;
    }

    private static String unquote(String text) {
        String stripped = text.strip();
        return QUOTED.matcher(stripped).matches()
                ? stripped.substring(1, stripped.length() - 1).strip()
                : stripped;
    }

    /** The error for destinations of which there is no sink, nor a known one. */
    InvalidSetting unknown(Set<String> known) {
        return new InvalidSetting(
                DESTINATION_KEY,
                String.join(",", destinations.stream().sorted().toList()),
                "a list of " + String.join(", ", known.stream().sorted().toList()));
    }
}
