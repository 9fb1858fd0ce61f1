package org.conmgr.heartbeat.internal;

import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Connections that are not links yet: bounded in all and by address, so that strangers cost bounded memory and those of
 * one address hardly hinder the others. When there are too many of one address, its oldest gives way if it has had its
 * chance, else the newcomer: else those that make progress would all be driven out by those behind them. When there are
 * too many in all, the address with the most gives way to one with fewer.
 */
final class HalfOpen<C> {
    private final int max;
    private final int maxPerAddress;
    private final long patience;
    private final Map<InetAddress, LinkedHashMap<C, Long>> byAddress = new HashMap<>();
    private int size;

    /** @param patience how long a connection cannot be made to give way to others of its address */
    HalfOpen(int max, int maxPerAddress, long patience) {
        this.max = max;
        this.maxPerAddress = maxPerAddress;
        this.patience = patience;
    }

    /**
     * Adds a newcomer if there is room or room can be made.
     *
     * @return who has to go: nobody, another or the newcomer, who is not kept then
     */
    synchronized Optional<C> add(InetAddress address, C newcomer, long now) {
        LinkedHashMap<C, Long> own = byAddress.get(address);
        int owned = own == null ? 0 : own.size();
        C leaving = null;
        if (owned >= maxPerAddress || size >= max) {
            leaving = owned >= maxPerAddress ? expendable(address, now) : expendableOfOthers(owned, now);
            if (leaving == null) {
                return Optional.of(newcomer);
            }
        }
        byAddress.computeIfAbsent(address, none -> new LinkedHashMap<>()).put(newcomer, now);
        size++;
        return Optional.ofNullable(leaving);
    }

    private @Nullable C expendableOfOthers(int owned, long now) {
        InetAddress largest = null;
        int most = 0;
        for (Map.Entry<InetAddress, LinkedHashMap<C, Long>> entry : byAddress.entrySet()) {
            if (entry.getValue().size() > most) {
                most = entry.getValue().size();
                largest = entry.getKey();
            }
        }
        if (largest == null) {
            return null;
        }
        return expendable(largest, most > owned + 1 ? Long.MAX_VALUE : now);
    }

    private @Nullable C expendable(InetAddress address, long now) {
        LinkedHashMap<C, Long> connections = byAddress.get(address);
        if (connections == null) {
            return null;
        }
        Iterator<Map.Entry<C, Long>> oldest = connections.entrySet().iterator();
        Map.Entry<C, Long> first = oldest.next();
        if (now - first.getValue() < patience) {
            return null;
        }
        C leaving = first.getKey();
        remove(address, leaving);
        return leaving;
    }

    /** It has become a link, or is closed; nothing happens if it is not here. */
    synchronized void remove(InetAddress address, C connection) {
        LinkedHashMap<C, Long> own = byAddress.get(address);
        if (own != null && own.remove(connection) != null) {
            size--;
            if (own.isEmpty()) {
                byAddress.remove(address);
            }
        }
    }

    synchronized int size() {
        return size;
    }

    /** All that are here now. */
    synchronized Collection<C> all() {
        return byAddress.values().stream()
                .flatMap(connections -> connections.keySet().stream())
                .toList();
    }
}
