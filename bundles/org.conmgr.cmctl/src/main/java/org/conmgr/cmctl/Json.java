package org.conmgr.cmctl;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes JSON (RFC 8259). */
final class Json {
    private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]{0,18}");

    private Json() {}

    /** An object; its values are JSON already. */
    static String object(Map<String, String> members) {
        return members.entrySet().stream()
                .map(member -> string(member.getKey()) + ": " + member.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }

    /**
     * An array with an object for each row.
     *
     * @param numbers the columns whose integers are written as numbers
     */
    static String array(Rows rows, Set<String> numbers) {
        return rows.values().stream()
                .map(row -> "\n  " + row(rows.columns(), row, numbers))
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String row(List<String> columns, List<@Nullable String> values, Set<String> numbers) {
        StringJoiner members = new StringJoiner(", ", "{", "}");
        for (int i = 0; i < columns.size(); i++) {
            members.add(string(columns.get(i)) + ": " + value(values.get(i), numbers.contains(columns.get(i))));
        }
        return members.toString();
    }

    private static String value(@Nullable String value, boolean number) {
        if (value == null) {
            return "null";
        }
        return number && INTEGER.matcher(value).matches() ? value : string(value);
    }

    static String string(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
