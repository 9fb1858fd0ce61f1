package org.conmgr.watchdog.jdbc.internal;

import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.Terminator;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Ends backends over JDBC, one kept session per instance. Stateless: who opens a connection closes it. */
@Component(service = Terminator.class)
public final class JdbcTerminator implements Terminator {
    @Activate
    public JdbcTerminator() {}

    @Override
    public Connection open(InstanceAccess access) {
        return new TerminatorConnection(access);
    }
}
