package org.conmgr.heartbeat.internal;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.conmgr.heartbeat.internal.Packet.Sessions;

/** The SQL connections that are bound to an instance, and what of them its watchdog has been told. */
final class SessionReport {
    private Set<InetSocketAddress> bound = Set.of();
    private Set<InetSocketAddress> told = Set.of();

    /** Those that there are now. */
    void bound(Set<InetSocketAddress> now) {
        bound = Set.copyOf(now);
    }

    /** All of them, for a watchdog that may know others. */
    List<Sessions> whole() {
        told = Set.of();
        List<Sessions> packets = new ArrayList<>();
        packets.add(new Sessions(Sessions.Change.FORGET_ALL, List.of()));
        packets.addAll(changes());
        return packets;
    }

    /** What the watchdog has not been told yet. */
    List<Sessions> changes() {
        List<InetSocketAddress> gone = new ArrayList<>(told);
        gone.removeAll(bound);
        List<InetSocketAddress> come = new ArrayList<>(bound);
        come.removeAll(told);
        told = bound;
        List<Sessions> packets = new ArrayList<>();
        add(packets, Sessions.Change.REMOVE, gone);
        add(packets, Sessions.Change.ADD, come);
        return packets;
    }

    private static void add(List<Sessions> packets, Sessions.Change change, List<InetSocketAddress> sockets) {
        for (int from = 0; from < sockets.size(); from += Sessions.MAX_SOCKETS) {
            packets.add(
                    new Sessions(change, sockets.subList(from, Math.min(sockets.size(), from + Sessions.MAX_SOCKETS))));
        }
    }
}
