package org.conmgr.shell.internal;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Rows as JSON (RFC 8259) for programs: an array of objects, one a line, always with every key. In ASCII: all other
 * characters are escaped, so that no terminal and no locale on the way can spoil them.
 */
final class JsonText {
    private JsonText() {}

    static <R> String array(List<Column<R>> columns, List<R> rows) {
        return rows.isEmpty()
                ? "[]"
                : rows.stream().map(row -> object(columns, row)).collect(Collectors.joining(",\n ", "[", "]"));
    }

    static <R> String object(List<Column<R>> columns, R row) {
        return columns.stream()
                .map(column ->
                        string(column.name()) + ": " + value(column.value().apply(row)))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    /** A string, a finite number, a boolean, null, or a list of those. */
    static String value(@Nullable Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(JsonText::value).collect(Collectors.joining(", ", "[", "]"));
        }
        return value == null || value instanceof Number || value instanceof Boolean
                ? String.valueOf(value)
                : string(value.toString());
    }

    private static String string(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
