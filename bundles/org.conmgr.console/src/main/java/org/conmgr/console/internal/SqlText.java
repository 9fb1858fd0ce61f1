package org.conmgr.console.internal;

import java.util.ArrayList;
import java.util.List;

/** As much of SQL's lexical rules as it takes to tell statements apart. */
final class SqlText {
    private SqlText() {}

    /**
     * The statements between the semicolons, without comments, surrounding space and empty ones. What is between quotes
     * is left as it is; a quote or a comment that does not end takes the rest.
     */
    static List<String> statements(String sql) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        int at = 0;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            int end = at + 1;
            if (c == '\'' || c == '"') {
                end = endOfQuote(sql, at);
                statement.append(sql, at, end);
            } else if (sql.startsWith("--", at)) {
                end = endOfLine(sql, at);
                statement.append(' ');
            } else if (sql.startsWith("/*", at)) {
                end = endOfComment(sql, at);
                statement.append(' ');
            } else if (c == ';') {
                add(statements, statement);
            } else {
                statement.append(c);
            }
            at = end;
        }
        add(statements, statement);
        return statements;
    }

    private static void add(List<String> statements, StringBuilder statement) {
        String text = statement.toString().strip();
        if (!text.isEmpty()) {
            statements.add(text);
        }
        statement.setLength(0);
    }

    /** A doubled quote ends it and begins the next one: for our purpose the same. */
    private static int endOfQuote(String sql, int start) {
        int end = sql.indexOf(sql.charAt(start), start + 1);
        return end < 0 ? sql.length() : end + 1;
    }

    private static int endOfLine(String sql, int start) {
        int end = sql.indexOf('\n', start);
        return end < 0 ? sql.length() : end + 1;
    }

    /** Comments nest. */
    private static int endOfComment(String sql, int start) {
        int depth = 0;
        int at = start;
        while (at < sql.length()) {
            if (sql.startsWith("/*", at)) {
                depth++;
                at += 2;
            } else if (sql.startsWith("*/", at)) {
                depth--;
                at += 2;
                if (depth == 0) {
                    return at;
                }
            } else {
                at++;
            }
        }
        return at;
    }
}
