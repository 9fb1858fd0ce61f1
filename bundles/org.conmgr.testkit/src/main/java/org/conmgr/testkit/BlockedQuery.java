package org.conmgr.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;

/** A query that lasts for ever: its backend is waited for on a thread of its own. */
public final class BlockedQuery {
    /** As {@code pg_stat_activity} shows it. */
    public static final String SQL = "select pg_sleep(600)";

    private BlockedQuery() {}

    /**
     * Runs it. It may not have come to its backend yet.
     *
     * @return its failure
     */
    public static CompletableFuture<SQLException> start(Connection connection) throws SQLException {
        Statement statement = connection.createStatement();
        CompletableFuture<SQLException> failure = new CompletableFuture<>();
        Thread blocked = new Thread(
                () -> {
                    try {
                        statement.execute(SQL);
                        failure.completeExceptionally(new AssertionError("the query came to its end"));
                    } catch (SQLException e) {
                        failure.complete(e);
                    }
                },
                "blocked");
        blocked.setDaemon(true);
        blocked.start();
        return failure;
    }
}
