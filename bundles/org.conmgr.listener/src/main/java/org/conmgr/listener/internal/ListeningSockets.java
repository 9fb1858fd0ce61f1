package org.conmgr.listener.internal;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.netty.Transport;
import org.jspecify.annotations.Nullable;

/**
 * Listens at addresses that may change. Server sockets are closed and opened only where the addresses differ: to close
 * one resets the connections in its backlog.
 *
 * <p>It goes on listening where it did until it listens wherever it should: a port that is taken leaves nobody without
 * conmgr. An old address is closed before only if it is in the way: of one to come ({@code *} and another of the same
 * port), or of another port of conmgr's, which is to listen there; so two of them can be exchanged.
 *
 * <p>It is changed and closed by one thread at a time, no event loop; all else is for any thread.
 */
final class ListeningSockets implements AutoCloseable {
    private final ServerBootstrap bootstrap;
    private final MessageLog log;
    private final Set<ListeningSockets> all;
    private volatile Set<InetSocketAddress> wanted = Set.of();
    /** Those at the addresses wanted, and those that still stay where it listened before. Written under the lock. */
    private volatile Map<InetSocketAddress, ListeningSocket> sockets = Map.of();

    private boolean changing;
    private boolean closed;

    /**
     * Listens nowhere yet.
     *
     * @param all those that give way to each other; a concurrent set, this one is in it while it is in use
     * @param taker gets each connection, on its event loop
     */
    ListeningSockets(Transport transport, MessageLog log, Set<ListeningSockets> all, Consumer<Channel> taker) {
        this.log = log;
        this.all = all;
        bootstrap = ListeningSocket.bootstrap(transport, log, taker);
    }

    /** Waits, some seconds at most, until what changes has changed. Does nothing once closed. */
    void change(Set<InetSocketAddress> addresses) {
        List<ListeningSocket> opened = new ArrayList<>();
        List<ListeningSocket> inTheWay;
        synchronized (this) {
            if (closed) {
                return;
            }
            changing = true;
            wanted = Set.copyOf(addresses);
            inTheWay = takeOut((address, socket) -> socket.localAddress().isEmpty() || overlaps(address, addresses));
            Map<InetSocketAddress, ListeningSocket> now = new HashMap<>(sockets);
            for (InetSocketAddress address : addresses) {
                if (!now.containsKey(address)) {
                    ListeningSocket socket = new ListeningSocket(bootstrap, address, log, this::attempted);
                    opened.add(socket);
                    now.put(address, socket);
                }
            }
            sockets = Map.copyOf(now);
        }
        all.add(this);
        inTheWay.forEach(ListeningSocket::close);
        others().forEach(other -> other.giveWayTo(addresses));
        opened.forEach(ListeningSocket::open);
        opened.forEach(ListeningSocket::awaitAttempt);
        List<ListeningSocket> going;
        synchronized (this) {
            changing = false;
            going = going();
        }
        going.forEach(ListeningSocket::close);
        others().forEach(other -> giveWayTo(other.wanted));
        List<String> staying = texts(staying());
        if (!staying.isEmpty()) {
            log.log(Message.STILL_LISTENING, String.join(", ", staying), String.join("; ", missing()));
        }
    }

    private List<ListeningSockets> others() {
        return all.stream().filter(other -> other != this).toList();
    }

    /** Closes what only stays and is in the way of these. */
    private void giveWayTo(Set<InetSocketAddress> coming) {
        takeOut((address, socket) -> overlaps(address, coming)).forEach(ListeningSocket::close);
    }

    private static boolean overlaps(InetSocketAddress going, Set<InetSocketAddress> coming) {
        return coming.stream().anyMatch(address -> overlap(address, going));
    }

    private static boolean overlap(InetSocketAddress one, InetSocketAddress other) {
        return one.equals(other) || (one.getPort() == other.getPort() && (isForAll(one) || isForAll(other)));
    }

    private static boolean isForAll(InetSocketAddress address) {
        return address.getAddress().isAnyLocalAddress();
    }

    /** Called by an event loop: it waits for nothing. */
    private void attempted() {
        List<ListeningSocket> going;
        synchronized (this) {
            going = changing ? List.of() : going();
        }
        going.forEach(ListeningSocket::release);
    }

    /** Takes out what was listened on before, if it listens everywhere now. */
    private synchronized List<ListeningSocket> going() {
        Map<InetSocketAddress, ListeningSocket> now = sockets;
        return wanted.stream().allMatch(address -> listens(now.get(address)))
                ? takeOut((address, socket) -> true)
                : List.of();
    }

    private static boolean listens(@Nullable ListeningSocket socket) {
        return socket != null && socket.localAddress().isPresent();
    }

    /** Takes out, of what only stays, what this says; for the caller to close. */
    private synchronized List<ListeningSocket> takeOut(BiPredicate<InetSocketAddress, ListeningSocket> which) {
        List<ListeningSocket> out = new ArrayList<>();
        Map<InetSocketAddress, ListeningSocket> after = new HashMap<>(sockets);
        sockets.forEach((address, socket) -> {
            if (!wanted.contains(address) && which.test(address, socket)) {
                out.add(socket);
                after.remove(address);
            }
        });
        sockets = Map.copyOf(after);
        return out;
    }

    private synchronized List<ListeningSocket> staying() {
        return sockets.entrySet().stream()
                .filter(entry -> !wanted.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /** Where it should listen but cannot, each with the reason. */
    List<String> missing() {
        return sockets.values().stream()
                .flatMap(socket -> socket.failure().stream())
                .sorted()
                .toList();
    }

    /** Where it listens now. */
    List<SocketAddress> addresses() {
        return addresses(sockets.values()).toList();
    }

    /** Where it listens now, in order. */
    List<String> texts() {
        return texts(sockets.values());
    }

    private static List<String> texts(Collection<ListeningSocket> sockets) {
        return addresses(sockets).map(Peer::text).sorted().toList();
    }

    private static Stream<SocketAddress> addresses(Collection<ListeningSocket> sockets) {
        return sockets.stream().flatMap(socket -> socket.localAddress().stream());
    }

    /** Stops listening, waiting until the ports are free; accepted connections stay. Idempotent. */
    @Override
    public void close() {
        Collection<ListeningSocket> now;
        synchronized (this) {
            closed = true;
            wanted = Set.of();
            now = sockets.values();
            sockets = Map.of();
        }
        all.remove(this);
        now.forEach(ListeningSocket::close);
    }
}
