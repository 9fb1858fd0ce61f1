package org.conmgr.jdbc;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Gives pgjdbc the sockets of one session of {@link ConmgrDriver}; not for applications, which take {@link
 * ConmgrSocketFactory}. pgjdbc makes it by its name, so that the session is handed over by a ticket in the properties.
 *
 * <p>pgjdbc uses one factory for a connection and for its cancel requests, and closes a socket before it opens the one
 * that replaces it. So what is asked for while the main socket is open, or was given to the application, is for a
 * cancel: it goes to the address that the main socket has.
 */
public final class RoutedSocketFactory extends PostgresSocketFactory {
    /** The property that holds the ticket. */
    static final String TICKET = "conmgrTicket";

    private static final Map<String, Order> ORDERS = new ConcurrentHashMap<>();
    private static final AtomicLong NUMBER = new AtomicLong();

    private record Order(Session session, Settings settings, Deadline limit) {}

    private final Order order;
    private @Nullable WatchedSocket main;
    private @Nullable InetSocketAddress address;

    /**
     * Takes the session that the ticket in the properties stands for.
     *
     * @throws IllegalStateException it was not made by {@link ConmgrDriver}
     */
    public RoutedSocketFactory(Properties properties) {
        String ticket = properties.getProperty(TICKET);
        Order found = ticket == null ? null : ORDERS.get(ticket);
        if (found == null) {
            throw new IllegalStateException("socketFactory: " + RoutedSocketFactory.class.getName()
                    + " is the driver's own (expected: " + ConmgrSocketFactory.class.getName() + ")");
        }
        this.order = found;
    }

    /** A ticket for the factory that pgjdbc is about to make; to be {@link #forget forgotten} after the connect. */
    static String ticket(Session session, Settings settings, Deadline limit) {
        String ticket = Long.toString(NUMBER.incrementAndGet());
        ORDERS.put(ticket, new Order(session, settings, limit));
        return ticket;
    }

    static void forget(String ticket) {
        ORDERS.remove(ticket);
    }

    /**
     * A connected socket, so that pgjdbc resolves no name.
     *
     * @throws IOException no address of the instance accepts a connection in time
     */
    @Override
    public Socket createSocket() throws IOException {
        InetSocketAddress cancelled = cancelled();
        return cancelled == null ? main() : cancel(cancelled);
    }

    /** Where the main socket leads, if there is or was one that the application has got. */
    private synchronized @Nullable InetSocketAddress cancelled() {
        return order.session.isEstablished() || (main != null && !main.isClosed()) ? address : null;
    }

    private synchronized Socket main() throws IOException {
        IOException failure = new IOException("no address");
        List<InetSocketAddress> addresses = order.session.addresses();
        for (int i = 0; i < addresses.size(); i++) {
            WatchedSocket socket = new WatchedSocket();
            try {
                bind(socket);
                socket.open(order.session, addresses.get(i), order.limit.share(addresses.size() - i));
                main = socket;
                address = addresses.get(i);
                return socket;
            } catch (IOException e) {
                socket.close();
                failure = e;
            }
        }
        throw failure;
    }

    private Socket cancel(InetSocketAddress to) throws IOException {
        String reason = order.session.ended();
        if (reason != null) {
            throw new SocketException(reason);
        }
        Deadline deadline = Deadline.afterMillis(order.settings.cancelMillis());
        Socket socket = new Socket();
        try {
            bind(socket);
            socket.connect(to, deadline.socketMillis());
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void bind(Socket socket) throws IOException {
        String local = order.settings.localAddress();
        if (local != null) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(local), 0));
        }
    }
}
