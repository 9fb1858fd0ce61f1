package org.conmgr.shell.internal;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.karaf.shell.support.table.Col;
import org.apache.karaf.shell.support.table.Row;
import org.apache.karaf.shell.support.table.ShellTable;
import org.jspecify.annotations.Nullable;

/** Rows as an aligned table for people. In ASCII, so that it looks the same on every terminal and in a pipe. */
final class Table {
    private Table() {}

    static <R> String of(List<Column<R>> columns, List<R> rows) {
        ShellTable table = new ShellTable().forceAscii();
        for (Column<R> column : columns) {
            Col col = table.column(column.name());
            if (column.right()) {
                col.alignRight();
            }
        }
        for (R row : rows) {
            Row cells = table.addRow();
            columns.forEach(column -> cells.addContent(cell(column.value().apply(row))));
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(text, false, StandardCharsets.UTF_8);
        table.print(out, StandardCharsets.UTF_8, true);
        out.flush();
        return text.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    private static String cell(@Nullable Object value) {
        if (value == null) {
            return "";
        }
        String text = value instanceof List<?> list
                ? list.stream().map(String::valueOf).collect(Collectors.joining(", "))
                : value.toString();
        return printable(text);
    }

    /** Names come from anybody who may connect: no line of theirs, no escape sequence on our terminal. */
    static String printable(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]", "?");
    }
}
