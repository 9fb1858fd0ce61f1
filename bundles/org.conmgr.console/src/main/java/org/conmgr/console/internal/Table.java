package org.conmgr.console.internal;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Things as rows of text, one column for each fact. Instants are as PostgreSQL writes them with DateStyle ISO in UTC.
 *
 * @param <T> of what one row tells
 */
final class Table<T> {
    /** One fact; null for NULL. */
    @FunctionalInterface
    interface Fact<T> {
        @Nullable
        Object of(T item);
    }

    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSx", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Supplier<List<T>> items;
    private final List<String> columns = new ArrayList<>();
    private final List<Fact<T>> facts = new ArrayList<>();

    /** @param items asked anew for each query, from memory */
    Table(Supplier<List<T>> items) {
        this.items = items;
    }

    /** Adds a column at the right. */
    Table<T> with(String column, Fact<T> fact) {
        columns.add(column);
        facts.add(fact);
        return this;
    }

    List<String> columns() {
        return columns;
    }

    List<List<@Nullable String>> rows() {
        return items.get().stream().map(this::row).toList();
    }

    private List<@Nullable String> row(T item) {
        List<@Nullable String> row = new ArrayList<>(facts.size());
        for (Fact<T> fact : facts) {
            row.add(text(fact.of(item)));
        }
        return row;
    }

    private static @Nullable String text(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        return value instanceof Instant instant ? TIMESTAMP.format(instant) : value.toString();
    }
}
