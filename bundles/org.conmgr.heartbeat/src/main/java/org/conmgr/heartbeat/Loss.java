package org.conmgr.heartbeat;

import java.net.InetSocketAddress;
import java.util.Set;
import org.conmgr.api.link.Verdict;

/**
 * An established link that has ended.
 *
 * @param peer whose
 * @param verdict why
 * @param awaited true when the conmgr said that it is to be back, or that it watches the instance no more and ends itself
 *     what it had registered: that may take a while
 * @param sessions the client ends of the SQL connections it had registered; none when the same conmgr process has a newer
 *     link, where they are registered now
 * @param hostAlive true when the host is alive: another conmgr of it still beats, or the same by a newer link, or it said
 *     that it only watches the instance no more, or that it has not heard this watchdog in time
 */
public record Loss(Peer peer, Verdict verdict, boolean awaited, Set<InetSocketAddress> sessions, boolean hostAlive) {
    public Loss {
        sessions = Set.copyOf(sessions);
    }
}
