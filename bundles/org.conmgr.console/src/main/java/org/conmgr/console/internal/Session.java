package org.conmgr.console.internal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one connection has prepared, and whether it is in a transaction block: there is nothing to commit or to roll
 * back, but drivers count on the block being there. What it keeps is counted in {@link Holdings}. Belongs to the
 * channel's event loop.
 */
final class Session {
    /** More than any driver's cache of prepared statements. */
    static final int MAX_STATEMENTS = 1_000;

    /** Fewer than statements, as each may hold rows. */
    static final int MAX_PORTALS = 32;

    /** About what a statement or a portal takes besides names, text and rows. */
    private static final int OVERHEAD = 256;

    private final Holdings holdings;
    private final Map<String, Prepared> statements = new HashMap<>();
    private final Map<String, Portal> portals = new HashMap<>();
    private boolean inTransaction;

    Session(Holdings holdings) {
        this.holdings = holdings;
    }

    /** @param bytes held for it */
    private record Prepared(Command command, long bytes) {}

    boolean inTransaction() {
        return inTransaction;
    }

    void begin() {
        inTransaction = true;
    }

    /** COMMIT or ROLLBACK. */
    void end() {
        inTransaction = false;
        closePortals();
    }

    /** The end of what is one transaction when there is no block. */
    void sync() {
        if (!inTransaction) {
            closePortals();
        }
    }

    /** @param text what the command was understood from: it keeps no more than that */
    void prepare(String name, String text, Command command) throws SqlError {
        if (name.isEmpty()) {
            closeStatement(name);
        } else {
            if (statements.containsKey(name)) {
                throw new SqlError(SqlError.DUPLICATE_STATEMENT, "prepared statement \"" + name + "\" already exists");
            }
            requireRoom("prepared statements", statements.size(), MAX_STATEMENTS);
        }
        long bytes = OVERHEAD + Holdings.ofText(name) + Holdings.ofText(text);
        holdings.take(bytes);
        statements.put(name, new Prepared(command, bytes));
    }

    Command statement(String name) throws SqlError {
        Prepared prepared = statements.get(name);
        if (prepared == null) {
            throw new SqlError(SqlError.INVALID_STATEMENT_NAME, "prepared statement \"" + name + "\" does not exist");
        }
        return prepared.command();
    }

    /** @param formats of the columns, as in Bind */
    void open(String name, Command command, List<Integer> formats) throws SqlError {
        if (name.isEmpty()) {
            closePortal(name);
        } else {
            if (portals.containsKey(name)) {
                throw new SqlError(SqlError.DUPLICATE_CURSOR, "cursor \"" + name + "\" already exists");
            }
            requireRoom("portals", portals.size(), MAX_PORTALS);
        }
        long bytes = OVERHEAD + Holdings.ofText(name);
        holdings.take(bytes);
        portals.put(name, new Portal(command, formats, holdings, bytes));
    }

    Portal portal(String name) throws SqlError {
        Portal portal = portals.get(name);
        if (portal == null) {
            throw new SqlError(SqlError.INVALID_CURSOR_NAME, "portal \"" + name + "\" does not exist");
        }
        return portal;
    }

    /** What has to be done before this portal can be executed; null for nothing. */
    @Nullable
    Supplier<CompletionStage<?>> work(String portal) {
        Portal found = portals.get(portal);
        return found == null ? null : found.work();
    }

    private static void requireRoom(String what, int count, int max) throws SqlError {
        if (count >= max) {
            throw new SqlError(SqlError.PROGRAM_LIMIT_EXCEEDED, "more than " + max + " " + what);
        }
    }

    void closeStatement(String name) {
        Prepared closed = statements.remove(name);
        if (closed != null) {
            holdings.give(closed.bytes());
        }
    }

    void closePortal(String name) {
        Portal closed = portals.remove(name);
        if (closed != null) {
            closed.close();
        }
    }

    void closeStatements() {
        List.copyOf(statements.keySet()).forEach(this::closeStatement);
    }

    private void closePortals() {
        List.copyOf(portals.keySet()).forEach(this::closePortal);
    }

    /** DISCARD ALL, and the end of the connection. */
    void discard() {
        closeStatements();
        closePortals();
    }

    /** A statement on its way: its rows are those of the moment it was first executed. */
    static final class Portal {
        final Command command;
        final List<Integer> formats;
        private final Holdings holdings;
        private final long bytes;
        private long bytesOfRows;
        private @Nullable List<List<@Nullable String>> rows;
        private int next;

        private Portal(Command command, List<Integer> formats, Holdings holdings, long bytes) {
            this.command = command;
            this.formats = formats;
            this.holdings = holdings;
            this.bytes = bytes;
        }

        /**
         * The next rows. Those that are left are kept.
         *
         * @param max at most so many; 0 or less for all the rest
         */
        List<List<@Nullable String>> next(int max) throws SqlError {
            List<List<@Nullable String>> all = rows;
            if (all == null) {
                all = command.rows().collect();
                if (max > 0 && max < all.size()) {
                    long more = Holdings.ofRows(all);
                    holdings.take(more);
                    bytesOfRows = more;
                }
            }
            int from = next;
            if (max > 0 && max < all.size() - from) {
                next = from + max;
                rows = all;
                return all.subList(from, next);
            }
            giveRows();
            return all.subList(from, all.size());
        }

        /** What has to be done before {@link #next}; null for nothing. */
        @Nullable
        Supplier<CompletionStage<?>> work() {
            return rows == null ? command.work() : null;
        }

        /** Whether rows are left. */
        boolean suspended() {
            return rows != null && next < rows.size();
        }

        private void giveRows() {
            rows = List.of();
            next = 0;
            holdings.give(bytesOfRows);
            bytesOfRows = 0;
        }

        private void close() {
            giveRows();
            holdings.give(bytes);
        }
    }
}
