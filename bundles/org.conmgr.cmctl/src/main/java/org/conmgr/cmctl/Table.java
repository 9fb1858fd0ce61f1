package org.conmgr.cmctl;

import java.util.ArrayList;
import java.util.List;

/** Rows as aligned text. */
final class Table {
    private static final String GAP = "  ";

    private Table() {}

    /** Those of the named columns that there are, in that order; {@code -} where there is no value. */
    static String of(Rows rows, List<String> names) {
        List<String> present = names.stream().filter(rows.columns()::contains).toList();
        List<List<String>> lines = new ArrayList<>();
        lines.add(present);
        rows.rows()
                .forEach(row -> lines.add(
                        present.stream().map(name -> shown(row.get(name))).toList()));
        List<Integer> widths = new ArrayList<>();
        for (int i = 0; i < present.size(); i++) {
            int column = i;
            widths.add(lines.stream()
                    .mapToInt(line -> line.get(column).length())
                    .max()
                    .orElse(0));
        }
        StringBuilder table = new StringBuilder();
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < line.size(); i++) {
                text.append(line.get(i))
                        .append(" ".repeat(widths.get(i) - line.get(i).length()));
                text.append(GAP);
            }
            table.append(text.toString().stripTrailing()).append('\n');
        }
        return table.toString();
    }

    /** Without what a terminal would obey. */
    private static String shown(String value) {
        return value.isEmpty() ? "-" : value.replaceAll("\\p{Cntrl}", "?");
    }
}
