package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.LinkPublisher;
import org.conmgr.api.watchdog.WatchdogView;
import org.jspecify.annotations.Nullable;

/**
 * Finds the way to the view once and keeps to it until it fails. Where the file is, only the instance knows: a short
 * login asks it.
 */
final class PublisherConnection implements LinkPublisher.Connection {
    private final String watchdog;
    private final InstanceAccess access;
    private final LinkPublisher.Way way;
    private final SocketCutter cutter = new SocketCutter();

    private @Nullable InstanceLogin login;

    /** Changed by the user only; read by close() too. */
    private volatile @Nullable LinkTarget target;

    /** A watchdog that was killed may have left something. */
    private boolean shown = true;

    PublisherConnection(String watchdog, InstanceAccess access, LinkPublisher.Way way) {
        this.watchdog = watchdog;
        this.access = access;
        this.way = way;
    }

    @Override
    public void publish(List<WatchdogView.Link> links) throws IOException {
        if (links.isEmpty() && !shown) {
            return;
        }
        LinkTarget known = target;
        LinkTarget current = known == null ? find() : known;
        try {
            if (links.isEmpty()) {
                current.withdraw();
            } else {
                current.write(LinkDocument.of(watchdog, links, Instant.now()));
            }
            shown = !links.isEmpty();
        } catch (IOException e) {
            target = null;
            current.close();
            throw e;
        }
    }

    private LinkTarget find() throws IOException {
        try {
            InstanceLogin used = login;
            if (used == null) {
                used = InstanceLogin.of(access, ApplicationName.PUBLISHER);
                login = used;
            }
            Connection connection = used.connect(cutter);
            LinkTarget found = null;
            try {
                found = find(connection, used);
                target = found;
                return found;
            } finally {
                if (!(found instanceof LinkFunction)) {
                    InstanceLogin.disconnect(connection);
                }
            }
        } catch (SQLException e) {
            throw new IOException(Diagnosis.text(e), e);
        }
    }

    private LinkTarget find(Connection connection, InstanceLogin used) throws SQLException, IOException {
        String noFile = "";
        if (way != LinkPublisher.Way.SQL) {
            PostmasterFile postmaster = InstanceFacts.of(connection).postmaster();
            if (postmaster == null) {
                noFile = "role \"" + used.user() + "\" may not see data_directory (pg_monitor)";
            } else if (!postmaster.isOwn()) {
                noFile =
                        "the watchdog's system user cannot read " + postmaster.file() + ", or it is not the instance's";
            } else {
                LinkFile file = new LinkFile(postmaster.file().resolveSibling("pg_stat_tmp"));
                try {
                    file.withdraw();
                    file.write(LinkDocument.of(watchdog, List.of(), Instant.now()));
                    return file;
                } catch (IOException e) {
                    noFile = "the watchdog's system user cannot write: " + e;
                }
            }
        }
        LinkFunction function = way == LinkPublisher.Way.FILE ? null : LinkFunction.find(watchdog, connection);
        if (function != null) {
            return function;
        }
        String noFunction = "role \"" + used.user() + "\" has no pgx_watchdog_publish() at " + used.url();
        throw new IOException(
                switch (way) {
                    case AUTO -> noFile + "; and " + noFunction;
                    case FILE -> noFile;
                    case SQL -> noFunction;
                });
    }

    @Override
    public void close() {
        cutter.close();
        LinkTarget current = target;
        if (current != null) {
            current.close();
        }
    }
}
