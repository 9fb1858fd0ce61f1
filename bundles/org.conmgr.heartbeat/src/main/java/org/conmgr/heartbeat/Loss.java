package org.conmgr.heartbeat;

import java.net.InetSocketAddress;
import java.util.Set;
import org.conmgr.api.link.Verdict;

/**
 * An established link that has ended.
 *
 * @param peer whose
 * @param verdict why
 * @param restarting true when the conmgr said that it is only restarting
 * @param sessions the client ends of the SQL connections it had registered; none when the same conmgr process has a newer
 *     link, where they are registered now
 * @param hostAlive true when another conmgr of the same host still beats, or the same by a newer link: then the host is
 *     alive
 */
public record Loss(Peer peer, Verdict verdict, boolean restarting, Set<InetSocketAddress> sessions, boolean hostAlive) {
    public Loss {
        sessions = Set.copyOf(sessions);
    }
}
