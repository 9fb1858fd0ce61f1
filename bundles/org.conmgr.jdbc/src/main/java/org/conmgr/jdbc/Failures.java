package org.conmgr.jdbc;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

/**
 * What went wrong at each host, for one exception at the end. It is of pgjdbc's own class, which applications know.
 *
 * <p>SQLSTATE is 08001; but when servers, and nobody else, have answered, and all have answered the same (a wrong
 * password, no such database), it is theirs.
 */
final class Failures {
    private record Failure(
            String who, String text, @Nullable String sqlState, Exception cause) {}

    private final List<Failure> failures = new ArrayList<>();

    /** {@code targetServerType: leader (expected: any, primary, ...)}, SQLSTATE 22023. */
    static SQLException setting(String name, String value, String expected) {
        return new PSQLException(
                name + ": " + (value.isEmpty() ? "empty" : value) + " (expected: " + expected + ")",
                PSQLState.INVALID_PARAMETER_VALUE);
    }

    /** What an exception says, in words that need no class name beside them. */
    static String text(IOException e) {
        if (e instanceof UnknownHostException) {
            return "the name cannot be resolved";
        }
        if (e instanceof EOFException && e.getMessage() == null) {
            return "it closed the connection";
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** A host was not reached, or refused. */
    void add(String who, IOException e) {
        String sqlState = e instanceof Route.NoInstance refusal ? refusal.sqlState() : null;
        failures.add(new Failure(who, text(e), sqlState, e));
    }

    /** pgjdbc failed. */
    void add(String who, SQLException e) {
        ServerErrorMessage answer = e instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        Throwable cause = e.getCause();
        String text = e.getMessage();
        if (cause instanceof IOException io) {
            text = text(io);
        }
        failures.add(new Failure(who, String.valueOf(text), answer == null ? null : e.getSQLState(), e));
    }

    /** The session was ended while pgjdbc was connecting, which is the reason behind whatever pgjdbc said. */
    void add(String who, String reason, Exception e) {
        failures.add(new Failure(who, reason, null, e));
    }

    /** All of it. */
    SQLException exception() {
        Failure first = failures.get(0);
        boolean same = first.sqlState != null
                && failures.stream().allMatch(failure -> first.sqlState.equals(failure.sqlState));
        if (same && failures.size() == 1 && first.cause instanceof SQLException alone) {
            return alone;
        }
        String text = failures.stream()
                .map(failure -> failure.who + ": " + failure.text)
                .collect(Collectors.joining("; ", "no connection: ", ""));
        SQLException all = same
                ? new SQLException(text, first.sqlState, first.cause)
                : new PSQLException(text, PSQLState.CONNECTION_UNABLE_TO_CONNECT, first.cause);
        failures.stream().skip(1).forEach(failure -> all.addSuppressed(failure.cause));
        return all;
    }
}
