package org.conmgr.shell.internal;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A named fact of a row.
 *
 * @param name heading of the table and key of the JSON object
 * @param right whether it is set flush right: numbers
 * @param value takes the fact from the row: a string, number, boolean or a list of those; null while unknown
 */
record Column<R>(String name, boolean right, Fact<R> value) {
    /** Takes one fact from a row. */
    interface Fact<R> extends Function<R, @Nullable Object> {
        @Override
        @Nullable
        Object apply(R row);
    }

    static <R> Column<R> text(String name, Fact<R> value) {
        return new Column<>(name, false, value);
    }

    static <R> Column<R> number(String name, Fact<R> value) {
        return new Column<>(name, true, value);
    }
}
