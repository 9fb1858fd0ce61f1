package org.conmgr.api.setting;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** From a setting's text to its value. Every method throws {@link InvalidSetting} for a text that does not fit. */
public final class Setting {
    private static final Pattern TIME = Pattern.compile("([0-9]{1,9})\\s*(ms|s|min|h|d)?");

    private static final Pattern INTEGER = Pattern.compile("-?[0-9]+");
    private static final Pattern IPV4 =
            Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(?!$)|$)){4}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]+(%[0-9a-zA-Z_.-]+)?");

    private Setting() {}

    /** A TCP port, 1 to 65535. */
    public static int port(String key, String text) {
        return integer(key, text, 1, 65535);
    }

    /** A decimal integer from min to max, both included. */
    public static int integer(String key, String text, int min, int max) {
        String expected = max == Integer.MAX_VALUE ? "an integer >= " + min : "an integer from " + min + " to " + max;
        String digits = text.strip();
        try {
            int value = Integer.parseInt(digits);
            if (value < min || value > max || !INTEGER.matcher(digits).matches()) {
                throw new InvalidSetting(key, text, expected);
            }
            return value;
        } catch (NumberFormatException e) {
            throw new InvalidSetting(key, text, expected);
        }
    }

    /** One of the constants of an enum, in upper or lower case. */
    public static <E extends Enum<E>> E word(String key, String text, Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text.strip())) {
                return constant;
            }
        }
        String words = Arrays.stream(type.getEnumConstants()).map(Enum::name).collect(Collectors.joining(", "));
        throw new InvalidSetting(key, text, "one of " + words);
    }

    /**
     * A span of time: a bare number in the guide's unit, or a number with {@code ms}, {@code s}, {@code min}, {@code h}
     * or {@code d}.
     *
     * @param guideUnit the unit of a bare number
     * @param min the shortest allowed
     */
    public static Duration time(String key, String text, TimeUnit guideUnit, Duration min) {
        Matcher matcher = TIME.matcher(text.strip());
        if (!matcher.matches()) {
            throw new InvalidSetting(key, text, expectedTime(guideUnit, min));
        }
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        Duration value = Duration.of(
                number,
                switch (unit == null ? "" : unit) {
                    case "" -> guideUnit.toChronoUnit();
                    case "ms" -> TimeUnit.MILLISECONDS.toChronoUnit();
                    case "s" -> TimeUnit.SECONDS.toChronoUnit();
                    case "min" -> TimeUnit.MINUTES.toChronoUnit();
                    case "h" -> TimeUnit.HOURS.toChronoUnit();
                    default -> TimeUnit.DAYS.toChronoUnit();
                });
        if (value.compareTo(min) < 0) {
            throw new InvalidSetting(key, text, expectedTime(guideUnit, min));
        }
        return value;
    }

    /**
     * A literal IPv4 or IPv6 address, without any name resolution.
     *
     * @return null when the text is blank
     */
    public static @Nullable InetAddress address(String key, String text) {
        String literal = text.strip();
        if (literal.isEmpty()) {
            return null;
        }
        boolean bracketed = literal.startsWith("[") && literal.endsWith("]");
        String ipv6 = bracketed ? literal.substring(1, literal.length() - 1) : literal;
        boolean isIpv6 = ipv6.contains(":") && IPV6.matcher(ipv6).matches();
        if (!isIpv6 && !IPV4.matcher(literal).matches()) {
            throw new InvalidSetting(key, text, "an IPv4 or IPv6 address, not a name");
        }
        try {
            // An address of four numbers, or one in brackets: neither is ever taken for a name.
            return InetAddress.getByName(isIpv6 ? "[" + ipv6 + "]" : literal);
        } catch (UnknownHostException e) {
            throw new InvalidSetting(key, text, "an IPv4 or IPv6 address, not a name");
        }
    }

    /** A time as {@link #time} reads it, in the largest unit that shows it exactly: {@code 200ms}, {@code 2s}. */
    public static String text(Duration time) {
        long ms = time.toMillis();
        if (ms % 1000 != 0 || ms == 0) {
            return ms + "ms";
        }
        long s = ms / 1000;
        return s % 60 != 0 ? s + "s" : s / 60 + "min";
    }

    private static String expectedTime(TimeUnit guideUnit, Duration min) {
        return "a time >= " + text(min) + ": a whole number with ms, s, min, h or d; a bare number is in "
                + guideUnit.name().toLowerCase(Locale.ROOT);
    }
}
