package org.conmgr.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.conmgr.api.log.Severity;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;

/** What the values of a parameter look like. */
enum ValueType {
    PORT("integer", "1 to 65535"),
    /** A number, 0 included. */
    COUNT("integer", "0 or more"),
    /** Whole seconds as the guide wants them, or a number with a unit. */
    SECONDS("integer", "seconds, 1 or more; or with a unit (ms, s, min, h, d), 10ms or more"),
    /** What the syslog sink takes. */
    IDENT("string", "1 to 48 printable ASCII characters, none of them a blank, ':', '[' or ']'"),
    /** What the event log sink takes. */
    SOURCE("string", "1 to 255 characters, none of them a backslash"),
    /** A host name or a literal address; the empty text is none. */
    HOST("string", "a host name or an IP address"),
    /** A literal address; the empty text is none. */
    ADDRESS("string", "an IPv4 or IPv6 address"),
    /** The sinks of the platform, separated by commas. */
    DESTINATIONS("string", "stderr; on Linux also syslog; on Windows also eventlog; both with a comma between"),
    FACILITY("enum", "LOCAL0 to LOCAL7"),
    SEVERITY("enum", "DEBUG, INFO, NOTICE, WARNING, ERROR, LOG, FATAL, PANIC");

    /** The shortest time the heartbeat's timers take. */
    private static final Duration MIN_TIME = Duration.ofMillis(10);

    /** The longest: its milliseconds go over the heartbeat link as an int32. */
    private static final int MAX_SECONDS = Integer.MAX_VALUE / 1000;

    private static final Pattern BARE_NUMBER = Pattern.compile("-?[0-9]+");

    // Both are the sinks' own rules, whose tests hold these to them: what they do not take would leave them silent.
    private static final Pattern IDENTS = Pattern.compile("[!-~&&[^:\\[\\]]]{1,48}");
    private static final Pattern SOURCES = Pattern.compile("[^\\p{Cntrl}\\\\]{1,255}");

    /** The guide's facilities of syslog. */
    private enum Facility {
        LOCAL0,
        LOCAL1,
        LOCAL2,
        LOCAL3,
        LOCAL4,
        LOCAL5,
        LOCAL6,
        LOCAL7
    }

    private final String guide;
    private final String range;

    ValueType(String guide, String range) {
        this.guide = guide;
        this.range = range;
    }

    /** The guide's word: integer, string or enum. */
    String guide() {
        return guide;
    }

    /** What is allowed, in words. */
    String range() {
        return range;
    }

    /**
     * From any allowed spelling to the one that goes to Config Admin.
     *
     * @throws InvalidSetting for a text that is not a value
     */
    String canonical(String key, String text, Platform platform) {
        return switch (this) {
            case PORT -> Integer.toString(Setting.port(key, text));
            case COUNT -> Integer.toString(Setting.integer(key, text, 0, Integer.MAX_VALUE));
            case SECONDS -> seconds(key, text);
            case IDENT -> name(key, text, IDENTS);
            case SOURCE -> name(key, text, SOURCES);
            case HOST -> HostText.host(key, text);
            case ADDRESS -> HostText.address(key, text);
            case DESTINATIONS -> destinations(key, text, platform);
            case FACILITY -> Setting.word(key, text, Facility.class).name();
            case SEVERITY -> Setting.word(key, text, Severity.class).name();
        };
    }

    private static String seconds(String key, String text) {
        if (BARE_NUMBER.matcher(text).matches()) {
            int seconds = Setting.integer(key, text, 1, Integer.MAX_VALUE);
            if (seconds > MAX_SECONDS) {
                throw tooLong(key, text);
            }
            return Integer.toString(seconds);
        }
        Duration time = Setting.time(key, text, TimeUnit.SECONDS, MIN_TIME);
        if (time.compareTo(Duration.ofMillis(Integer.MAX_VALUE)) > 0) {
            throw tooLong(key, text);
        }
        return time.toMillis() % 1000 == 0 ? Long.toString(time.toSeconds()) : Setting.text(time);
    }

    private static InvalidSetting tooLong(String key, String text) {
        return new InvalidSetting(key, text, "at most " + MAX_SECONDS + " seconds");
    }

    private String name(String key, String text, Pattern allowed) {
        String name = text.strip();
        if (!allowed.matcher(name).matches()) {
            throw new InvalidSetting(key, name, range);
        }
        return name;
    }

    private static String destinations(String key, String text, Platform platform) {
        List<String> allowed = List.of("stderr", platform == Platform.WINDOWS ? "eventlog" : "syslog");
        Set<String> chosen = new TreeSet<>();
        for (String part : text.split(",", -1)) {
            String word = part.strip().toLowerCase(Locale.ROOT);
            if (!allowed.contains(word)) {
                throw new InvalidSetting(
                        key,
                        text,
                        "on " + platform + ": " + String.join(" or ", allowed) + ", or both with a comma between");
            }
            chosen.add(word);
        }
        List<String> inOrder = new ArrayList<>(allowed);
        inOrder.retainAll(chosen);
        return String.join(",", inOrder);
    }
}
