package org.conmgr.netty;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Finds the addresses of hosts while those who ask go on: a name server takes as long as it likes. An OSGi service, for
 * all who share the event loops; its life is the process's. Thread-safe.
 *
 * <p>A name that is not answered holds up no other. It is asked for once at a time: whoever asks meanwhile gets the same
 * answer. Nothing is kept beyond that but what the platform keeps.
 */
@ProviderType
public interface Resolver {
    /** So many names are looked up at a time; one more fails at once. */
    int MAX_NAMES = 64;

    /**
     * All addresses of a host, at least one, in the system's order.
     *
     * @param host a name or an address; an address is answered before this returns
     * @param limit how long this caller waits; the lookup itself goes on, for those who ask later
     * @return completes on a thread that must not be blocked; fails with an {@link UnknownHostException} only, whose
     *     message is for people: {@code host "db1" is not known}, {@code host "db1" is not resolved within 300 ms}
     */
    CompletableFuture<List<InetAddress>> resolve(String host, Duration limit);
}
