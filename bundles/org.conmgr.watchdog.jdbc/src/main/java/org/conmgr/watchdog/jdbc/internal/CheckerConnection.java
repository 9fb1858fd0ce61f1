package org.conmgr.watchdog.jdbc.internal;

import java.net.Socket;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.NotAsked;
import org.conmgr.api.watchdog.Observation;
import org.jspecify.annotations.Nullable;

/**
 * The checker's kept connection. When its session ends, the next check logs in again before it judges: a session that
 * somebody ended is no dead instance.
 */
final class CheckerConnection implements AttributeChecker.Connection {
    /** An interrupt does not wake a read from a socket, so it is looked for this often. */
    private static final long INTERRUPT_CHECK_MILLIS = 500;

    private final InstanceAccess access;
    private final MessageLog log;
    private final SocketCutter cutter;
    private final SocketCutter knocking;

    private @Nullable InstanceLogin login;

    /** Changed by the user only; read by close() too. */
    private volatile @Nullable CheckerSession session;

    /** How the last session ended, while there is none. */
    private @Nullable SQLException ended;

    private boolean unseenReadOnlyTold;
    private String limitsTold = "";

    CheckerConnection(InstanceAccess access, MessageLog log) {
        this(access, log, Socket::new);
    }

    /** @param sockets makes unconnected sockets */
    CheckerConnection(InstanceAccess access, MessageLog log, Supplier<Socket> sockets) {
        this.access = access;
        this.log = log;
        cutter = new SocketCutter(sockets);
        knocking = new SocketCutter(sockets);
    }

    @Override
    public Observation check() throws NotAsked {
        try {
            if (login == null) {
                login = InstanceLogin.of(access, ApplicationName.CHECKER);
            }
            return observe(login);
        } catch (UnusableAccess e) {
            return new Observation.Lost(InstanceState.UNREACHABLE, Diagnosis.text(e), true);
        } catch (SQLException e) {
            if (cutter.isClosed() || login == null) {
                return new Observation.Lost(InstanceState.UNREACHABLE, "the watchdog closed its connection", false);
            }
            if (Diagnosis.ofThisHost(e)) {
                throw notAsked(e, login);
            }
            return Diagnosis.lost(e, e == ended ? null : ended, login);
        }
    }

    private static NotAsked notAsked(SQLException e, InstanceLogin login) {
        return new NotAsked(Diagnosis.text(e) + " (" + login.url() + ")", e);
    }

    private Observation observe(InstanceLogin login) throws SQLException {
        CheckerSession current = session;
        if (current != null) {
            try {
                return observed(current, login);
            } catch (SQLException e) {
                if (session != null) {
                    // The instance answered with an error; the session may be what ails.
                    return observed(replace(current, login, e), login);
                }
            }
        }
        try {
            return observed(open(login), login);
        } catch (SQLException e) {
            if (!Diagnosis.brokenOff(e) || cutter.isClosed()) {
                throw e;
            }
        }
        return observed(open(login), login);
    }

    private Observation observed(CheckerSession asked, InstanceLogin login) throws SQLException {
        AttributeQuery.Answer answer = ask(asked);
        CheckerSession current = asked;
        if (answer.readOnlyUndone()) {
            current = replace(asked, login, null);
            answer = ask(current);
        }
        if (answer.readOnlyUnseen() && !unseenReadOnlyTold) {
            unseenReadOnlyTold = true;
            log.log(Message.READ_ONLY_UNSEEN, login.url(), login.user());
        }
        Attributes attributes = answer.attributes();
        PostmasterFile postmaster = current.facts().postmaster();
        if (postmaster != null && postmaster.stopping()) {
            if (answer.otherSessions() == 0) {
                return letGo(current);
            }
            attributes = attributes.in(InstanceState.DEGRADED);
        }
        return new Observation.Seen(
                current.facts().identity(),
                attributes,
                answer.progress(),
                current.facts().maxConnections());
    }

    /** A smart shutdown waits for every session: the watchdog's must not be the ones it waits for. */
    private Observation letGo(CheckerSession current) throws SQLException {
        try {
            current.endTerminator();
        } finally {
            lose(current, null);
        }
        return new Observation.Lost(
                InstanceState.STOPPED, "the instance is shutting down (smart) and has no more sessions", false);
    }

    private CheckerSession open(InstanceLogin login) throws SQLException {
        CheckerSession next = CheckerSession.open(login, cutter);
        session = next;
        ended = null;
        unseenReadOnlyTold = false;
        String limits = next.facts().limits();
        if (!limits.isEmpty() && !limits.equals(limitsTold)) {
            log.log(Message.ROLE_LIMITS, login.user(), login.url(), limits);
        }
        limitsTold = limits;
        return next;
    }

    /**
     * Gives a working session up, but only for another one: it may be the last that the instance lets us have.
     *
     * @param fault what is wrong with it, null if just another one would see more
     * @return the new one; the old one if there is no fault and no other
     * @throws SQLException the fault, if there is no other; what this host lacks, if it could not be asked for one
     */
    private CheckerSession replace(CheckerSession current, InstanceLogin login, @Nullable SQLException fault)
            throws SQLException {
        try {
            CheckerSession next = open(login);
            current.close();
            return next;
        } catch (SQLException e) {
            if (fault == null) {
                return current;
            }
            if (Diagnosis.ofThisHost(e)) {
                throw e;
            }
            fault.addSuppressed(e);
            throw fault;
        }
    }

    private AttributeQuery.Answer ask(CheckerSession current) throws SQLException {
        try {
            return current.ask();
        } catch (SQLException e) {
            if (current.endedBy(e)) {
                lose(current, e);
            }
            throw e;
        }
    }

    private void lose(CheckerSession current, @Nullable SQLException why) {
        session = null;
        ended = why;
        cutter.cut();
        current.close();
    }

    @Override
    public void idle(Duration interval) throws InterruptedException {
        long deadline = System.nanoTime() + interval.toNanos();
        for (long left = interval.toNanos(); left > 0 && !cutter.isClosed(); left = deadline - System.nanoTime()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            CheckerSession current = session;
            if (current == null) {
                cutter.awaitClose(Duration.ofNanos(left));
                return;
            }
            long millis = Math.min(INTERRUPT_CHECK_MILLIS, TimeUnit.NANOSECONDS.toMillis(left));
            try {
                current.listen((int) Math.max(1, millis));
            } catch (SQLException e) {
                lose(current, e);
                return;
            }
        }
    }

    @Override
    public String knock() throws NotAsked {
        InstanceLogin knocker;
        try {
            knocker = InstanceLogin.of(access, ApplicationName.CHECKER);
        } catch (UnusableAccess e) {
            return "";
        }
        try {
            InstanceLogin.disconnect(knocker.connect(knocking));
            return "";
        } catch (SQLException e) {
            if (knocking.isClosed() || Diagnosis.concernsLoginOnly(e)) {
                return "";
            }
            if (Diagnosis.ofThisHost(e)) {
                throw notAsked(e, knocker);
            }
            return Diagnosis.text(e);
        }
    }

    @Override
    public void close() {
        knocking.close();
        cutter.close();
        CheckerSession current = session;
        if (current != null) {
            current.close();
        }
    }
}
