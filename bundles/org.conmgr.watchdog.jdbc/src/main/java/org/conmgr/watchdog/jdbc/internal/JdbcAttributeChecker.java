package org.conmgr.watchdog.jdbc.internal;

import org.conmgr.api.log.MessageLog;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.InstanceAccess;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Learns the attributes of instances over JDBC, one kept session each. Stateless: who opens a connection closes it. */
@Component(service = AttributeChecker.class)
public final class JdbcAttributeChecker implements AttributeChecker {
    private final MessageLog log;

    @Activate
    public JdbcAttributeChecker(@Reference MessageLog log) {
        this.log = log;
    }

    @Override
    public Connection open(InstanceAccess access) {
        return new CheckerConnection(access, log);
    }
}
