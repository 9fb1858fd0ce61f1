package org.conmgr.watchdog.jdbc.internal;

import java.io.EOFException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.watchdog.Observation;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** What an error of the driver says of the instance. */
final class Diagnosis {
    /** What these SQLSTATEs have in common: shutdown, crash, cannot connect now, database dropped, idle for too long. */
    private static final String SESSION_ENDED = "57P";

    private static final String ADMIN_SHUTDOWN = "57P01";
    private static final String CRASH_SHUTDOWN = "57P02";
    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final String CANNOT_CONNECT_TEXT = "the database system is ";
    private static final String SHUTTING_DOWN_TEXT = CANNOT_CONNECT_TEXT + "shutting down";

    /**
     * What only an administrator can mend: wrong password; no such role, or no line for it in pg_hba.conf; no such
     * database; no right to connect to it; a database that allows no connections; a driver setting that does not fit;
     * authentication that the driver or the server refuses.
     */
    private static final Set<String> ADMINISTRATORS =
            Set.of("28P01", "28000", "3D000", "42501", "55000", "22023", "08004");

    private Diagnosis() {}

    /**
     * The observation that a failed login or check makes.
     *
     * @param e why it failed
     * @param before how the session before it ended, null if there was none
     */
    static Observation.Lost lost(SQLException e, @Nullable SQLException before, InstanceLogin login) {
        String why = text(e);
        if (e instanceof UnusableAccess) {
            return new Observation.Lost(InstanceState.UNREACHABLE, why, true);
        }
        if (ADMINISTRATORS.contains(state(e))) {
            return new Observation.Lost(
                    InstanceState.UNREACHABLE,
                    why + "; check user \"" + login.user() + "\" and its password or passfile, url " + login.url()
                            + " and pg_hba.conf",
                    true);
        }
        InstanceState state = stopped(e, before) ? InstanceState.STOPPED : InstanceState.UNREACHABLE;
        String where = isServerError(e) ? "" : " (" + login.url() + ")";
        return new Observation.Lost(
                state, why + where + (before == null ? "" : "; the session before ended with: " + text(before)), false);
    }

    private static boolean stopped(SQLException e, @Nullable SQLException before) {
        return switch (state(e)) {
            case ADMIN_SHUTDOWN, CRASH_SHUTDOWN -> true;
            // One code for starting up, recovering and shutting down, told apart by a text in the server's language.
            // Where that is not English, the order to our own session to end tells.
            case CANNOT_CONNECT_NOW ->
                text(e).startsWith(CANNOT_CONNECT_TEXT)
                        ? text(e).startsWith(SHUTTING_DOWN_TEXT)
                        : before != null && state(before).equals(ADMIN_SHUTDOWN);
            default -> refused(e);
        };
    }

    /** True if another login, with another role or password, may well work. */
    static boolean concernsLoginOnly(SQLException e) {
        return e instanceof UnusableAccess || ADMINISTRATORS.contains(state(e));
    }

    /** True if an error ended the session, so that only another login can tell more. */
    static boolean endsSession(SQLException e) {
        return state(e).startsWith("08") || state(e).startsWith(SESSION_ENDED);
    }

    /**
     * True if a login broke off half-way, as when the postmaster goes just then: what follows at once tells more. Not a
     * time-out: another would last as long.
     */
    static boolean brokenOff(SQLException e) {
        return (state(e).startsWith(SESSION_ENDED) && !state(e).equals(CANNOT_CONNECT_NOW))
                || cause(e, EOFException.class) != null
                || (cause(e, SocketException.class) != null && !refused(e) && !ofThisHost(e));
    }

    /**
     * True if the instance was not asked, for a lack of this host's own: no socket, no local port or address, no file
     * descriptor to read the password with.
     */
    static boolean ofThisHost(SQLException e) {
        return cause(e, NoSocket.class) != null
                || cause(e, BindException.class) != null
                || cause(e, NoFile.class) != null;
    }

    /** True if the instance did not answer in the time it had. */
    static boolean timedOut(SQLException e) {
        return cause(e, InterruptedIOException.class) != null;
    }

    /** The error in words: the instance's own text and SQLSTATE, or what the network said. Never a secret. */
    static String text(SQLException e) {
        if (e instanceof PSQLException server && server.getServerErrorMessage() != null) {
            return server.getServerErrorMessage().getMessage() + " (" + state(e) + ")";
        }
        if (refused(e)) {
            return "connection refused";
        }
        if (timedOut(e)) {
            return "no answer in time";
        }
        UnknownHostException unknown = cause(e, UnknownHostException.class);
        if (unknown != null) {
            return "unknown host " + unknown.getMessage();
        }
        if (cause(e, EOFException.class) != null) {
            return "connection closed by the instance";
        }
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root == e ? String.valueOf(e.getMessage()) : e.getMessage() + " " + root.getMessage();
    }

    private static boolean isServerError(SQLException e) {
        return e instanceof PSQLException server && server.getServerErrorMessage() != null;
    }

    /** The platform has one class for refused and timed out, but leaves the latter to minutes of silence. */
    private static boolean refused(SQLException e) {
        ConnectException connect = cause(e, ConnectException.class);
        return connect != null
                && !String.valueOf(connect.getMessage())
                        .toLowerCase(Locale.ROOT)
                        .contains("timed out");
    }

    private static String state(SQLException e) {
        return e.getSQLState() == null ? "" : e.getSQLState();
    }

    private static <T extends Throwable> @Nullable T cause(Throwable e, Class<T> type) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (type.isInstance(at)) {
                return type.cast(at);
            }
        }
        return null;
    }
}
