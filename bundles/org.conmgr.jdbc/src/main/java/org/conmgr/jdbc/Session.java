package org.conmgr.jdbc;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.conmgr.direct.protocol.Frame;
import org.jspecify.annotations.Nullable;

/**
 * One SQL connection, on its way or open: where it leads, its ask connection, its socket, and why it ended. One that
 * leads straight to a PostgreSQL server has no ask connection, but a deadline like any other.
 *
 * <p>Used by the thread that connects and by the watcher's. While connecting there may be several sockets one after
 * the other (pgjdbc tries again without TLS, for example); once {@link #established} the end of the socket is the end.
 */
final class Session implements Watch.Listener {
    private final Endpoint host;
    private final Endpoint instance;
    private final String name;
    private final List<InetAddress> addresses;
    private final boolean routed;
    private final boolean keepOnLoss;

    private @Nullable Watch watch;
    private Watcher.@Nullable Alarm alarm;
    private @Nullable WatchedSocket socket;
    private @Nullable String ended;
    private boolean established;
    private boolean closed;

    private Session(
            Endpoint host,
            Endpoint instance,
            String name,
            List<InetAddress> addresses,
            boolean routed,
            boolean keepOnLoss) {
        this.routed = routed;
        this.host = host;
        this.instance = instance;
        this.name = name;
        this.addresses = addresses;
        this.keepOnLoss = keepOnLoss;
    }

    /** A session with a PostgreSQL server of the list. */
    static Session direct(Endpoint server, List<InetAddress> addresses) {
        return new Session(server, server, "server " + server, addresses, false, false);
    }

    /**
     * A session with an instance that a conmgr named, watched from now on. The name of the host is resolved only if
     * conmgr told no address.
     *
     * @param channel the ask connection, which belongs to the session, also when this fails
     * @throws IOException the name is not resolved before the deadline, or no more file descriptors
     */
    static Session routed(Endpoint conmgr, Frame.Routed route, SocketChannel channel, Settings settings, Deadline limit)
            throws IOException {
        Endpoint instance = new Endpoint(route.host(), route.port());
        String name = "instance " + route.instance() + " (" + instance + ")";
        String connectTo = route.hostaddr().isEmpty() ? route.host() : route.hostaddr();
        boolean done = false;
        try {
            List<InetAddress> addresses = resolved(connectTo, name, limit);
            Session session = new Session(conmgr, instance, name, addresses, true, settings.keepOnLoss());
            synchronized (session) {
                session.watch = Watcher.SHARED.watch(channel, session);
            }
            done = true;
            return session;
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }

    private static List<InetAddress> resolved(String host, String name, Deadline limit) throws IOException {
        try {
            return Resolver.resolve(host, limit);
        } catch (IOException e) {
            throw new IOException(name + ": " + Failures.text(e), e);
        }
    }

    /** What the driver connects to: the name that TLS checks. */
    Endpoint instance() {
        return instance;
    }

    /** Whether a conmgr named the instance. */
    boolean isRouted() {
        return routed;
    }

    /** {@code instance 0 (db1:5432)}. */
    String name() {
        return name;
    }

    /** Where the instance listens, best first. */
    List<InetSocketAddress> addresses() {
        return addresses.stream()
                .map(address -> new InetSocketAddress(address, instance.port()))
                .toList();
    }

    /** Why it ended, null while it has not. */
    synchronized @Nullable String ended() {
        return ended;
    }

    /** Ends the session when it is not {@link #ready} or {@link #established} in time. */
    void limit(Deadline deadline) throws IOException {
        if (!deadline.bounded()) {
            return;
        }
        String reason = name + via() + " did not answer within " + deadline;
        synchronized (this) {
            alarm = Watcher.SHARED.alarm(deadline, () -> end(reason, true));
        }
    }

    /** A socket begins to connect. Ends it at once when the session has ended already. */
    void connecting(WatchedSocket begun) {
        String reason;
        synchronized (this) {
            socket = begun;
            reason = ended;
        }
        if (reason != null) {
            begun.end(reason);
        }
    }

    /** The socket has its TCP connection: conmgr learns the local end, by which the watchdog knows the backend. */
    void connected(WatchedSocket begun) {
        Watch told;
        synchronized (this) {
            told = watch;
        }
        if (told != null) {
            told.send(new Frame.Bound(address(begun.getLocalAddress()), begun.getLocalPort()));
        }
    }

    private static String address(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    /** The server has answered so far that it cannot be called silent. */
    synchronized void ready() {
        if (alarm != null) {
            alarm.cancel();
            alarm = null;
        }
    }

    /** The application gets the connection: from now on the end of its socket ends the session. */
    synchronized void established() {
        ready();
        established = true;
    }

    /** Whether the application has or had the connection. */
    synchronized boolean isEstablished() {
        return established;
    }

    /** The driver has closed a socket. */
    void closed(WatchedSocket which) {
        synchronized (this) {
            if (!established || socket != which) {
                return;
            }
        }
        close();
    }

    @Override
    public void down(Frame.Down down) {
        end(down.message());
    }

    @Override
    public void lost(String why) {
        if (!keepOnLoss) {
            end("conmgr " + host + " is gone: " + why + "; nobody watches " + name);
        }
    }

    private String via() {
        return isRouted() ? ", named by conmgr " + host + "," : "";
    }

    /** Ends the SQL connection under the driver, with a reason for the application's user. Any thread. */
    void end(String reason) {
        end(reason, false);
    }

    /** @param late only if the alarm is still set: one that is cancelled may be on its way already */
    private void end(String reason, boolean late) {
        WatchedSocket open;
        synchronized (this) {
            if (ended != null || closed || (late && alarm == null)) {
                return;
            }
            ended = reason;
            open = socket;
        }
        if (open != null) {
            open.end(reason);
        }
        close();
    }

    /** Ends the ask connection and the deadline; the socket is the driver's. Idempotent. */
    void close() {
        Watch watched;
        synchronized (this) {
            closed = true;
            ready();
            watched = watch;
            watch = null;
        }
        if (watched != null) {
            watched.close();
        }
    }
}
