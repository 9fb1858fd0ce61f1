package org.conmgr.watchdog.jdbc.internal;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.postgresql.PGConnection;

/**
 * One login of the terminator, with its statements. Used by one thread. Every wait is bounded, so that a frozen instance
 * does not hold the terminator for ever.
 *
 * <p>One host has several texts: PostgreSQL shows an IPv4 client as {@code 10.0.0.5}, never {@code ::ffff:10.0.0.5}, but
 * the latter is asked for too; a link-local IPv6 client without its zone. {@code 127.0.0.1} and {@code ::1} are both
 * "localhost", and which of them a client got is chance: to {@link Termination.Address} either means both, to {@link
 * Termination.Sessions} neither, as a port belongs to one address. Other addresses of one host (127.0.0.2, its public
 * one) are hosts of their own: nothing on the wire says otherwise.
 */
final class TerminatorSession {
    /** For one statement; a session is signalled in microseconds. */
    private static final int TIMEOUT_MILLIS = 5_000;

    // The driver sets the timeout on the calling thread and only asks for an executor.
    private static final Executor HERE = Runnable::run;

    private static final String RIGHTS = """
            select pg_has_role('pg_read_all_stats', 'usage') as sees_addresses,
                   pg_has_role('pg_signal_backend', 'usage') as ends_others,
                   (select count(set_config(name, '0', false)) from pg_settings
                     where name in ('statement_timeout', 'lock_timeout', 'idle_session_timeout',
                                    'transaction_timeout')) as unlimited
            """;

    // pg_terminate_backend() raises an error where it may not, which would spare all that come after. What the role may
    // see is told with what it saw: it changes within the session.
    private static final String TERMINATE = """
            with self as materialized (
              select oid, rolsuper as superuser, pg_has_role(oid, 'pg_signal_backend', 'usage') as ends_others
                from pg_roles where rolname = current_user
            ), client as materialized (
              select a.pid,
                     self.superuser
                       or not coalesce(r.rolsuper, false)
                          and (self.ends_others or pg_has_role(self.oid, a.usesysid, 'usage')) as may_end
                from self, pg_stat_activity a left join pg_roles r on r.oid = a.usesysid
               where %s
                 and a.backend_start < ?
                 and a.usesysid is not null
                 and not %s
            )
            select count(*) filter (where case when may_end then pg_terminate_backend(pid) end) as ended,
                   count(*) filter (where not may_end) as refused,
                   pg_has_role('pg_read_all_stats', 'usage') as sees_addresses
              from client
            """;

    private static final String OF_ADDRESSES = "a.client_addr = any (cast(? as text[])::inet[])";
    private static final String OF_SOCKETS = "(a.client_addr, a.client_port) in"
            + " (select * from unnest(cast(? as text[])::inet[], cast(? as int[])))";
    private static final String CLOCK = "select clock_timestamp()";

    /** As near as the server's clock is to be known, and how often it is asked for that. */
    private static final long NEAR_NANOS = 1_000_000;

    private static final int READINGS = 5;

    private static final String MAPPED = "::ffff:";
    private static final List<String> LOCALHOST = List.of("127.0.0.1", MAPPED + "127.0.0.1", "::1");

    private final Connection connection;
    private final PGConnection driver;
    private final PreparedStatement ofAddresses;
    private final PreparedStatement ofSockets;
    private final PreparedStatement clock;
    private boolean seesAddresses;
    private boolean endsOthers;

    private TerminatorSession(Connection connection) throws SQLException {
        this.connection = connection;
        driver = connection.unwrap(PGConnection.class);
        connection.setNetworkTimeout(HERE, TIMEOUT_MILLIS);
        readRights();
        ofAddresses = connection.prepareStatement(TERMINATE.formatted(OF_ADDRESSES, ApplicationName.OWN_SESSION));
        ofSockets = connection.prepareStatement(TERMINATE.formatted(OF_SOCKETS, ApplicationName.OWN_SESSION));
        clock = connection.prepareStatement(CLOCK);
        // Once with nobody, so that the server has all planned before they are needed.
        run(ofAddresses, List.of(), System.nanoTime());
        run(ofSockets, List.of(), List.of(), System.nanoTime());
    }

    /** Logs in; each step is bounded by the login's timeouts. */
    static TerminatorSession open(InstanceLogin login, SocketCutter cutter) throws SQLException {
        Connection connection = login.connect(cutter);
        try {
            return new TerminatorSession(connection);
        } catch (SQLException | RuntimeException e) {
            InstanceLogin.disconnect(connection);
            throw e;
        }
    }

    /** Asks what the role may do by now. */
    void readRights() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(RIGHTS)) {
            row.next();
            seesAddresses = row.getBoolean("sees_addresses");
            endsOthers = row.getBoolean("ends_others");
        }
    }

    /** True if the role saw from where the clients of other roles come when the session last asked or ended some. */
    boolean seesAddresses() {
        return seesAddresses;
    }

    /** True if the role sees that, and might end sessions of other roles, superusers' apart, when the session last asked. */
    boolean hasRights() {
        return seesAddresses && endsOthers;
    }

    /** True if the instance has ended the session; looks only at what has arrived, for about a millisecond. */
    boolean isEnded() {
        try {
            driver.getNotifications(1);
            return false;
        } catch (SQLException e) {
            return true;
        }
    }

    /** True if this error ended the session, false if the instance merely answered with it. */
    boolean endedBy(SQLException e) {
        return Diagnosis.endsSession(e);
    }

    /** Ends backends. */
    Terminated terminate(Termination termination) throws SQLException {
        if (termination instanceof Termination.Address address) {
            return run(ofAddresses, hostTexts(address.client()), address.before());
        }
        Termination.Sessions sessions = (Termination.Sessions) termination;
        Set<InetSocketAddress> sockets = sessions.clients();
        List<String> addresses = new ArrayList<>(2 * sockets.size());
        List<Integer> ports = new ArrayList<>(2 * sockets.size());
        for (InetSocketAddress socket : sockets) {
            for (String text : addressTexts(socket.getAddress())) {
                addresses.add(text);
                ports.add(socket.getPort());
            }
        }
        return run(ofSockets, addresses, ports, sessions.before());
    }

    private Terminated run(PreparedStatement statement, List<String> addresses, List<Integer> ports, long before)
            throws SQLException {
        statement.setArray(2, connection.createArrayOf("int4", ports.toArray()));
        statement.setObject(3, atServer(before));
        return run(statement, addresses);
    }

    private Terminated run(PreparedStatement statement, List<String> addresses, long before) throws SQLException {
        statement.setObject(2, atServer(before));
        return run(statement, addresses);
    }

    /**
     * What the server's clock showed at this point of {@link System#nanoTime}, or a little earlier: by as much as an
     * answer was under way. Never later, which would cost a session that began after that point; one that is meant
     * began well before, as its conmgr had told of it or its host had been silent for long.
     */
    private OffsetDateTime atServer(long point) throws SQLException {
        OffsetDateTime latest = OffsetDateTime.MIN;
        long took = Long.MAX_VALUE;
        for (int reading = 0; reading < READINGS && took > NEAR_NANOS; reading++) {
            long asked = System.nanoTime();
            OffsetDateTime shown = readClock();
            long answered = System.nanoTime();
            took = answered - asked;
            OffsetDateTime then = shown.minusNanos(answered - point);
            latest = then.isAfter(latest) ? then : latest;
        }
        return latest;
    }

    private OffsetDateTime readClock() throws SQLException {
        try (ResultSet row = clock.executeQuery()) {
            row.next();
            return row.getObject(1, OffsetDateTime.class);
        }
    }

    private Terminated run(PreparedStatement statement, List<String> addresses) throws SQLException {
        statement.setArray(1, connection.createArrayOf("text", addresses.toArray()));
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            seesAddresses = row.getBoolean("sees_addresses");
            return new Terminated(row.getInt("ended"), row.getInt("refused"));
        }
    }

    /** Every text by which PostgreSQL may show a client of this host. */
    private static List<String> hostTexts(InetAddress host) {
        InetAddress bare = bare(host);
        boolean localhost = bare.isLoopbackAddress()
                && (bare instanceof Inet6Address || bare.getHostAddress().equals(LOCALHOST.get(0)));
        return localhost ? LOCALHOST : addressTexts(host);
    }

    /** Every text by which PostgreSQL may show this address. */
    private static List<String> addressTexts(InetAddress address) {
        InetAddress bare = bare(address);
        String text = bare.getHostAddress();
        return bare instanceof Inet4Address ? List.of(text, MAPPED + text) : List.of(text);
    }

    /** Without its zone; an IPv4-mapped one as IPv4. */
    private static InetAddress bare(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(address.toString(), e);
        }
    }

    void close() {
        InstanceLogin.disconnect(connection);
    }
}
