package org.conmgr.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The grammar: one {@code name = value} on a line; {@code #} starts a comment, except within quotes; a value is a run
 * of characters without blanks, or stands in single quotes, where {@code ''} is a quote. UTF-8, with or without a byte
 * order mark; lines end in LF or CRLF.
 */
final class ConfSyntax {
    /** The longest value, and the longest name. */
    static final int MAX_LITERAL = 1024;

    private static final String EXPECTED = " (expected: name = value)";

    private final Problems problems;
    private final List<Assignment> assignments = new ArrayList<>();

    private int line;
    private String text = "";
    private int at;

    private ConfSyntax(Problems problems) {
        this.problems = problems;
    }

    /** Every assignment that can be read; a line that cannot is a problem. */
    static List<Assignment> read(byte[] bytes, Problems problems) {
        if (startsWith(bytes, 0xFE, 0xFF) || startsWith(bytes, 0xFF, 0xFE)) {
            problems.error(0, "is UTF-16 (expected: UTF-8)");
            return List.of();
        }
        ConfSyntax syntax = new ConfSyntax(problems);
        int from = startsWith(bytes, 0xEF, 0xBB, 0xBF) ? 3 : 0;
        while (from < bytes.length) {
            int end = from;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            boolean carriageReturn = end > from && bytes[end - 1] == '\r';
            syntax.line(bytes, from, carriageReturn ? end - 1 : end);
            from = end + 1;
        }
        return syntax.assignments;
    }

    private static boolean startsWith(byte[] bytes, int... start) {
        for (int i = 0; i < start.length; i++) {
            if (i >= bytes.length || bytes[i] != (byte) start[i]) {
                return false;
            }
        }
        return true;
    }

    private void line(byte[] bytes, int from, int to) {
        line++;
        at = 0;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, to - from))
                    .toString();
        } catch (CharacterCodingException e) {
            problems.error(line, "not valid UTF-8");
            return;
        }
        skipBlanks();
        if (atEnd()) {
            return;
        }
        String name = name();
        skipBlanks();
        if (name.isEmpty() || at >= text.length() || text.charAt(at) != '=') {
            problems.error(line, shortened(text.strip()) + EXPECTED);
            return;
        }
        at++;
        skipBlanks();
        if (atEnd()) {
            problems.error(line, shortened(name) + ": no value (expected: name = value; an empty string is '')");
            return;
        }
        value(name);
    }

    private String name() {
        int from = at;
        while (at < text.length() && "=#'".indexOf(text.charAt(at)) < 0 && !isBlank(text.charAt(at))) {
            at++;
        }
        return text.substring(from, at);
    }

    private void value(String name) {
        boolean quoted = text.charAt(at) == '\'';
        int from = at;
        String value;
        if (quoted) {
            StringBuilder content = new StringBuilder();
            if (!quoted(content)) {
                problems.error(line, shortened(name) + ": no closing quote (a quote within quotes is written '')");
                return;
            }
            value = content.toString();
        } else {
            while (!atEnd() && !isBlank(text.charAt(at)) && text.charAt(at) != '\'') {
                at++;
            }
            value = text.substring(from, at);
        }
        int end = at;
        skipBlanks();
        if (hasControl(value)) {
            problems.error(line, shortened(name) + ": a control character in the value (lines end in LF or CRLF)");
        } else if (!atEnd()) {
            String rest = shortened(text.substring(end).strip());
            problems.error(
                    line,
                    shortened(name) + ": " + rest + " behind the value (expected: one value; one with blanks or quotes"
                            + " stands in '...', a quote within quotes is written '')");
        } else if (name.length() > MAX_LITERAL || value.length() > MAX_LITERAL) {
            problems.error(
                    line,
                    shortened(name) + ": too long (expected: names and values of at most " + MAX_LITERAL
                            + " characters)");
        } else {
            assignments.add(new Assignment(line, name, value));
        }
    }

    /** Reads up to and behind the closing quote; false when there is none. */
    private boolean quoted(StringBuilder content) {
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '\'') {
                content.append(c);
            } else if (at < text.length() && text.charAt(at) == '\'') {
                content.append('\'');
                at++;
            } else {
                return true;
            }
        }
        return false;
    }

    private void skipBlanks() {
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
    }

    /** At the end of the line or at a comment. */
    private boolean atEnd() {
        return at >= text.length() || text.charAt(at) == '#';
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean hasControl(String value) {
        return value.chars().anyMatch(Character::isISOControl);
    }

    /** Enough of a text to find it by. */
    static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
}
