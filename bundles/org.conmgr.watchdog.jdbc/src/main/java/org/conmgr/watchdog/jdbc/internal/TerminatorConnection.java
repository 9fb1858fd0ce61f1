package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.sql.SQLException;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.conmgr.api.watchdog.Terminator;
import org.jspecify.annotations.Nullable;

/** The terminator's kept connection. A session found ended when it is needed is replaced once, at once. */
final class TerminatorConnection implements Terminator.Connection {
    private final InstanceAccess access;
    private final SocketCutter cutter = new SocketCutter();

    private @Nullable InstanceLogin login;

    /** Changed by the user only; read by close() too. */
    private volatile @Nullable TerminatorSession session;

    TerminatorConnection(InstanceAccess access) {
        this.access = access;
    }

    @Override
    public void connect() throws IOException {
        TerminatorSession current = session;
        if (current != null && current.isEnded()) {
            lose(current);
            current = null;
        }
        if (current == null) {
            current = open();
        } else if (!current.hasRights()) {
            askAgain(current);
        }
        if (!current.hasRights()) {
            throw new IOException(lacksRights());
        }
    }

    /** The role may have been granted what it lacked. */
    private void askAgain(TerminatorSession current) throws IOException {
        try {
            current.readRights();
        } catch (SQLException e) {
            if (current.endedBy(e)) {
                lose(current);
            }
            throw failed(e);
        }
    }

    @Override
    public Terminated terminate(Termination termination) throws IOException {
        for (boolean again = false; ; again = true) {
            TerminatorSession kept = session;
            TerminatorSession current = kept == null ? open() : kept;
            try {
                Terminated result = current.terminate(termination);
                if (!current.seesAddresses()) {
                    throw new IOException(lacksRights() + "; ended " + result.ended() + " that it does see");
                }
                return result;
            } catch (SQLException e) {
                if (current.endedBy(e)) {
                    lose(current);
                }
                if (kept == null || again || Diagnosis.timedOut(e) || cutter.isClosed()) {
                    throw failed(e);
                }
            }
        }
    }

    private TerminatorSession open() throws IOException {
        try {
            if (login == null) {
                login = InstanceLogin.of(access, ApplicationName.TERMINATOR);
            }
            TerminatorSession next = TerminatorSession.open(login, cutter);
            session = next;
            return next;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private void lose(TerminatorSession current) {
        session = null;
        cutter.cut();
        current.close();
    }

    private IOException failed(SQLException e) {
        if (cutter.isClosed()) {
            return new IOException("the watchdog closed its connection", e);
        }
        return new IOException(
                login == null
                        ? Diagnosis.text(e)
                        : Diagnosis.lost(e, null, login).why(),
                e);
    }

    private String lacksRights() {
        String user = login == null ? "" : login.user();
        return "role \"" + user
                + "\" cannot see or end the sessions of others: grant pg_monitor, pg_signal_backend to \"" + user
                + "\"";
    }

    @Override
    public void close() {
        cutter.close();
        TerminatorSession current = session;
        if (current != null) {
            current.close();
        }
    }
}
