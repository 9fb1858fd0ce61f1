package org.conmgr.jdbc;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Name resolution that ends at a deadline, which the system's own does not. */
final class Resolver {
    /** The system's name resolution. */
    interface Lookup {
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    private Resolver() {}

    /**
     * All addresses of a host, in the system's order. A thread that was interrupted before may resolve as it may connect
     * with pgjdbc; one that is interrupted while it waits gives up.
     *
     * @throws IOException unknown host, or no answer before the deadline
     */
    static List<InetAddress> resolve(String host, Deadline deadline) throws IOException {
        return resolve(host, deadline, InetAddress::getAllByName);
    }

    static List<InetAddress> resolve(String host, Deadline deadline, Lookup system) throws IOException {
        if (!deadline.bounded() || needsNoNetwork(host)) {
            return List.of(system.addresses(host));
        }
        FutureTask<InetAddress[]> lookup = new FutureTask<>(() -> system.addresses(host));
        Thread thread = new Thread(null, lookup, "conmgr-jdbc-resolver " + host, 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
        boolean interrupted = Thread.interrupted();
        try {
            return List.of(lookup.get(Math.max(0, deadline.nanosLeft()), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            throw new SocketTimeoutException("the name was not resolved within " + deadline);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException unknown) {
                throw unknown;
            }
            throw new IOException("the name could not be resolved", e.getCause());
        } catch (InterruptedException e) {
            interrupted = true;
            throw new InterruptedIOException("interrupted while the name was resolved");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean needsNoNetwork(String host) {
        return host.equalsIgnoreCase("localhost") || host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    }
}
