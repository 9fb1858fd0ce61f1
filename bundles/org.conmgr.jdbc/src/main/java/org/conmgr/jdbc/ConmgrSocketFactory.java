package org.conmgr.jdbc;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * pgjdbc's {@code socketFactory} for connections whose URL must stay {@code jdbc:postgresql:}, or that are made by
 * pgjdbc's own data sources. Each host of the URL may be a conmgr or a PostgreSQL server. pgjdbc itself keeps to the
 * conmgr's address, so this class also sees to what would go wrong by that:
 *
 * <ul>
 *   <li>{@code sslmode=verify-full} checks the instance's name: {@link ConmgrHostnameVerifier} is set unless the
 *       application has set another {@code sslhostnameverifier};
 *   <li>pgjdbc's memory of which host is a primary is not consulted ({@code hostRecheckSeconds}), since one conmgr
 *       stands for all instances;
 *   <li>a cancel request goes to the instance that has the session, by the rule of {@link #createSocket()}.
 * </ul>
 *
 * <p>One factory serves one connection; pgjdbc makes it. Prefer {@link ConmgrDriver}, which needs none of this.
 */
public final class ConmgrSocketFactory extends PostgresSocketFactory {
    private final Properties properties;
    private final Settings settings;
    private final long connectingThread = Thread.currentThread().getId();
    private final List<String> failures = new ArrayList<>();
    private @Nullable Asking main;
    private @Nullable InetSocketAddress address;

    /**
     * For a connection with these properties, which are pgjdbc's own and are changed.
     *
     * @throws SQLException 22023: a property is wrong
     */
    public ConmgrSocketFactory(Properties properties) throws SQLException {
        this.properties = properties;
        this.settings = Settings.of(properties);
        // Not 0: with that a status of the same millisecond still counts.
        properties.setProperty(PGProperty.HOST_RECHECK_SECONDS.getName(), "-1");
        if (PGProperty.SSL_HOSTNAME_VERIFIER.getOrDefault(properties) == null) {
            properties.setProperty(PGProperty.SSL_HOSTNAME_VERIFIER.getName(), ConmgrHostnameVerifier.class.getName());
        }
    }

    /**
     * A socket that, when pgjdbc connects it to a host of its list, finds out what that host is and goes where it is
     * sent.
     *
     * <p>pgjdbc closes a socket before it opens the one that replaces it. So while the main socket is open, this one is
     * for a cancel and goes to the same address. The same when a connection that has been logged in is closed, except
     * on the thread that connects: that one is about to try the next host.
     */
    @Override
    public synchronized Socket createSocket() {
        Asking open = main;
        if (open != null && address != null) {
            boolean late = open.loggedIn() && Thread.currentThread().getId() != connectingThread;
            if (!open.isClosed() || late) {
                return new Canceling(open, address);
            }
        }
        Asking socket = new Asking();
        main = socket;
        return socket;
    }

    /** @param limit spans all that it takes until the instance answers */
    private synchronized void connect(Asking socket, InetSocketAddress to, Deadline limit) throws IOException {
        Endpoint host = new Endpoint(unbracketed(to.getHostString()), to.getPort());
        Session session = session(host, to, limit);
        boolean done = false;
        try {
            session.limit(limit);
            address = session.addresses().get(0);
            if (session.isRouted()) {
                properties.setProperty(
                        ConmgrHostnameVerifier.HOST, session.instance().host());
            } else {
                properties.remove(ConmgrHostnameVerifier.HOST);
            }
            socket.open(session, address, limit);
            done = true;
        } catch (IOException e) {
            throw failed(session.name(), e);
        } finally {
            if (!done) {
                session.close();
            }
        }
    }

    private Session session(Endpoint host, InetSocketAddress to, Deadline limit) throws IOException {
        try {
            return Route.find(host, to.isUnresolved() ? null : to.getAddress(), settings, limit);
        } catch (Route.NoInstance e) {
            throw failed("conmgr " + host, e);
        } catch (IOException e) {
            throw failed(host.toString(), e);
        }
    }

    /** pgjdbc shows only what the last host of its list said: that one tells what those before it said. */
    private IOException failed(String who, IOException e) {
        failures.add(who + ": " + Failures.text(e));
        String all = String.join("; ", failures);
        // pgjdbc has a text of its own for a refused connection.
        IOException told = e instanceof ConnectException ? new ConnectException(all) : new IOException(all);
        told.initCause(e);
        return told;
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** The main socket of a connection. */
    private final class Asking extends WatchedSocket {
        private volatile @Nullable Session session;

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }

        /** The timeout is not pgjdbc's, which since 42.7 leaves the hosts behind a dead one a millisecond. */
        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            Deadline limit = Deadline.afterMillis(settings.connectMillis());
            ConmgrSocketFactory.this.connect(this, (InetSocketAddress) endpoint, limit);
        }

        @Override
        void open(Session to, InetSocketAddress address, Deadline deadline) throws IOException {
            session = to;
            super.open(to, address, deadline);
        }

        @Override
        void answered() {
            Session mine = session;
            if (mine != null) {
                mine.ready();
            }
        }

        @Override
        @SuppressWarnings("UnsynchronizedOverridesSynchronized")
        public void close() throws IOException {
            super.close();
            Session mine = session;
            if (mine != null) {
                mine.close();
            }
        }
    }

    /** The socket of a cancel request. */
    private static final class Canceling extends Socket {
        private final WatchedSocket main;
        private final InetSocketAddress address;

        Canceling(WatchedSocket main, InetSocketAddress address) {
            this.main = main;
            this.address = address;
        }

        @Override
        public void connect(SocketAddress ignored, int timeout) throws IOException {
            String reason = main.ended();
            if (reason != null) {
                throw new SocketException(reason);
            }
            super.connect(address, timeout);
        }
    }
}
