package org.conmgr.console.internal;

import java.util.List;
import java.util.concurrent.CompletionStage;
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
 * @param work what has to be done, on other threads, each time before it can be run; null for nothing
 */
record Command(
        String tag,
        List<String> columns,
        Rows rows,
        Consumer<Session> effect,
        @Nullable Supplier<CompletionStage<?>> work) {
    /** Of one run. */
    @FunctionalInterface
    interface Rows {
        List<List<@Nullable String>> collect() throws SqlError;
    }

    /** Nothing between two semicolons. */
    static final Command EMPTY = done("");

    Command {
        columns = List.copyOf(columns);
    }

    /** A statement that returns rows. */
    static Command rows(String tag, List<String> columns, Rows rows) {
        return new Command(tag, columns, rows, session -> {}, null);
    }

    /** One that only returns its tag. */
    static Command done(String tag) {
        return done(tag, session -> {});
    }

    /** One that only acts on the session. */
    static Command done(String tag, Consumer<Session> effect) {
        return new Command(tag, List.of(), List::of, effect, null);
    }

    /**
     * One that returns what comes of work on other threads.
     *
     * @param work begins it; completes, never exceptionally, when the rows can be collected
     */
    static Command working(String tag, List<String> columns, Supplier<CompletionStage<?>> work, Rows rows) {
        return new Command(tag, columns, rows, session -> {}, work);
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
