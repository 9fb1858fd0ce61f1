package org.conmgr.cmctl;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a query returned; every value is text. */
record Rows(List<String> columns, List<List<@Nullable String>> values) {

    List<Row> rows() {
        return values.stream().map(row -> new Row(columns, row)).toList();
    }

    /** One row, by the names of its columns. */
    record Row(List<String> columns, List<@Nullable String> values) {
        /** Empty for null and for a column that is not there. */
        String get(String name) {
            int at = columns.indexOf(name);
            String value = at < 0 ? null : values.get(at);
            return value == null ? "" : value;
        }
    }
}
