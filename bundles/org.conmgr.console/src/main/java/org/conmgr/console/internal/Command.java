package org.conmgr.console.internal;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A statement that was understood and can be run, any number of times.
 *
 * @param tag of CommandComplete; {@code SELECT} gets the number of rows behind it. Empty: an empty statement
 * @param columns of its rows; empty when it returns none
 * @param rows collects them, from memory
 * @param effect what it does to the session
 */
record Command(
        String tag, List<String> columns, Supplier<List<List<@Nullable String>>> rows, Consumer<Session> effect) {
    /** Nothing between two semicolons. */
    static final Command EMPTY = done("");

    Command {
        columns = List.copyOf(columns);
    }

    /** A statement that returns rows. */
    static Command rows(String tag, List<String> columns, Supplier<List<List<@Nullable String>>> rows) {
        return new Command(tag, columns, rows, session -> {});
    }

    /** One that only returns its tag. */
    static Command done(String tag) {
        return done(tag, session -> {});
    }

    /** One that only acts on the session. */
    static Command done(String tag, Consumer<Session> effect) {
        return new Command(tag, List.of(), List::of, effect);
    }

    boolean isEmpty() {
        return tag.isEmpty();
    }

    boolean returnsRows() {
        return !columns.isEmpty();
    }

    /** The tag once it has returned this many rows. */
    String tag(int count) {
        return tag.equals("SELECT") ? tag + " " + count : tag;
    }
}
