package org.conmgr.watchdog.jdbc.internal;

import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.LinkPublisher;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Writes what the extension's views read. Stateless: who opens a connection closes it. */
@Component(service = LinkPublisher.class)
public final class JdbcLinkPublisher implements LinkPublisher {
    @Activate
    public JdbcLinkPublisher() {}

    @Override
    public Connection open(String watchdog, InstanceAccess access, Way way) {
        return new PublisherConnection(watchdog, access, way);
    }
}
