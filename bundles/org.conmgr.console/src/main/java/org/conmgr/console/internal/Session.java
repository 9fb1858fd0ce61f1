package org.conmgr.console.internal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one connection has prepared, and whether it is in a transaction block: there is nothing to commit or to roll
 * back, but drivers count on the block being there. Belongs to the channel's event loop.
 */
final class Session {
    /** More than any driver's cache of prepared statements. */
    static final int MAX_STATEMENTS = 1_000;

    /** Fewer than statements, as each may hold rows. */
    static final int MAX_PORTALS = 32;

    private final Map<String, Command> statements = new HashMap<>();
    private final Map<String, Portal> portals = new HashMap<>();
    private boolean inTransaction;

    boolean inTransaction() {
        return inTransaction;
    }

    void begin() {
        inTransaction = true;
    }

    /** COMMIT or ROLLBACK. */
    void end() {
        inTransaction = false;
        portals.clear();
    }

    /** The end of what is one transaction when there is no block. */
    void sync() {
        if (!inTransaction) {
            portals.clear();
        }
    }

    void prepare(String name, Command command) throws SqlError {
        if (!name.isEmpty()) {
            if (statements.containsKey(name)) {
                throw new SqlError(SqlError.DUPLICATE_STATEMENT, "prepared statement \"" + name + "\" already exists");
            }
            requireRoom("prepared statements", statements.size(), MAX_STATEMENTS);
        }
        statements.put(name, command);
    }

    Command statement(String name) throws SqlError {
        Command command = statements.get(name);
        if (command == null) {
            throw new SqlError(SqlError.INVALID_STATEMENT_NAME, "prepared statement \"" + name + "\" does not exist");
        }
        return command;
    }

    void open(String name, Portal portal) throws SqlError {
        if (!name.isEmpty()) {
            if (portals.containsKey(name)) {
                throw new SqlError(SqlError.DUPLICATE_CURSOR, "cursor \"" + name + "\" already exists");
            }
            requireRoom("portals", portals.size(), MAX_PORTALS);
        }
        portals.put(name, portal);
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
        statements.remove(name);
    }

    void closePortal(String name) {
        portals.remove(name);
    }

    void closeStatements() {
        statements.clear();
    }

    /** DISCARD ALL. */
    void discard() {
        statements.clear();
        portals.clear();
    }

    /** A statement on its way: its rows are those of the moment it was first executed. */
    static final class Portal {
        final Command command;
        final List<Integer> formats;
        private @Nullable List<List<@Nullable String>> rows;
        private int next;

        /** @param formats of the columns, as in Bind */
        Portal(Command command, List<Integer> formats) {
            this.command = command;
            this.formats = formats;
        }

        /**
         * The next rows.
         *
         * @param max at most so many; 0 or less for all the rest
         */
        List<List<@Nullable String>> next(int max) throws SqlError {
            List<List<@Nullable String>> all = rows;
            if (all == null) {
                all = command.rows().collect();
                rows = all;
            }
            int from = next;
            next = max <= 0 || max >= all.size() - from ? all.size() : from + max;
            return all.subList(from, next);
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
    }
}
