package org.conmgr.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One connect of the driver: walks the list of hosts in the order listed until one leads to an instance that is what
 * was asked for. Used once, by one thread.
 *
 * <p>A conmgr decides itself what comes closest to a preference; its word is taken. PostgreSQL servers of the list are
 * first taken only when they are what is preferred, and in a second walk whatever they are. When a conmgr named an
 * instance that turned out to be of another kind, it has not yet seen a promotion: it is asked again, for as long as a
 * host may take.
 */
final class Connector {
    private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long DEFAULT_AGAIN_MILLIS = 10_000;

    private final Settings settings;
    private final Login login;
    private final List<Endpoint> hosts;
    private final Deadline deadline;

    private Failures failures = new Failures();

    /** PostgreSQL servers that are up but not what is preferred. */
    private final List<Endpoint> lesser = new ArrayList<>();

    private boolean conmgrIsBehind;

    /** @param login how to log in at what was found */
    Connector(List<Endpoint> hosts, Settings settings, Login login) {
        this.settings = settings;
        this.login = login;
        this.deadline = Deadline.afterMillis(settings.loginMillis());
        this.hosts = new ArrayList<>(hosts);
        if (settings.shuffle()) {
            Collections.shuffle(this.hosts);
        }
    }

    /** @throws SQLException 08001 with what each host said, or what all servers said alike */
    Connection connect() throws SQLException {
        long again = settings.connectMillis() > 0 ? settings.connectMillis() : DEFAULT_AGAIN_MILLIS;
        Deadline patience = Deadline.afterMillis(again).earlier(deadline);
        long pause = FIRST_PAUSE;
        while (true) {
            Connection connection = walk(hosts, settings.target().strict());
            if (connection == null && settings.target().prefers()) {
                connection = walk(List.copyOf(lesser), Target.ANY);
            }
            if (connection != null) {
                return connection;
            }
            if (!conmgrIsBehind
                    || patience.nanosLeft() < pause
                    || Thread.currentThread().isInterrupted()) {
                throw failures.exception();
            }
            LockSupport.parkNanos(pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE);
            failures = new Failures();
            lesser.clear();
            conmgrIsBehind = false;
        }
    }

    /** @param ofServers what a PostgreSQL server of the list must be */
    private @Nullable Connection walk(List<Endpoint> list, Target ofServers) {
        for (int i = 0; i < list.size(); i++) {
            if (deadline.passed()) {
                failures.add(
                        list.get(i).toString(),
                        new IOException("not tried: the login timeout of " + deadline + " is over"));
                continue;
            }
            // A host that never answers must leave the others their share.
            Deadline limit = deadline.share(list.size() - i).earlier(Deadline.afterMillis(settings.connectMillis()));
            Connection connection = host(list.get(i), ofServers, limit);
            if (connection != null) {
                return connection;
            }
        }
        return null;
    }

    private @Nullable Connection host(Endpoint host, Target ofServers, Deadline limit) {
        Session session;
        try {
            session = Route.find(host, null, settings, limit);
        } catch (Route.NoInstance e) {
            failures.add("conmgr " + host, e);
            return null;
        } catch (IOException e) {
            failures.add(host.toString(), e);
            return null;
        }
        Connection connection = null;
        try {
            session.limit(limit);
            Target target = session.isRouted() ? settings.target() : ofServers;
            Connection there = login.at(session, target, limit, deadline.bounded());
            session.established();
            String reason = session.ended();
            if (reason == null) {
                connection = there;
            } else {
                failures.add(host.toString(), new IOException(reason));
                there.close();
            }
        } catch (Login.OtherKind e) {
            if (session.isRouted()) {
                conmgrIsBehind = true;
            } else {
                lesser.add(host);
            }
            failures.add(session.name(), e);
        } catch (SQLException e) {
            String reason = session.ended();
            if (reason == null) {
                failures.add(session.name(), e);
            } else {
                failures.add(host.toString(), reason, e);
            }
        } catch (IOException e) {
            failures.add(session.name(), e);
        } finally {
            if (connection == null) {
                // Also under a thread of pgjdbc's that has been abandoned.
                session.end("the connect was given up");
            }
        }
        return connection;
    }
}
