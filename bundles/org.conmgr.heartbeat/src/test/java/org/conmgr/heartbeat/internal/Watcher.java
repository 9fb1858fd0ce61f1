package org.conmgr.heartbeat.internal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Peer;

/** A watchdog's observer that remembers. */
final class Watcher implements HeartbeatAcceptor.Observer {
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<Peer> peers = new CopyOnWriteArrayList<>();
    final List<Loss> losses = new CopyOnWriteArrayList<>();

    @Override
    public void established(Peer peer) {
        events.add("established " + peer.name());
        peers.add(peer);
    }

    @Override
    public void lost(Loss loss) {
        losses.add(loss);
    }
}
