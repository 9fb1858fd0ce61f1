package org.conmgr.gateway.internal;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.ConfiguredInstance;

/**
 * Finds the addresses of instances; names on threads of its own, for a name server may take its time: one thread a name,
 * so that one that is not answered holds up no other. Thread-safe.
 */
final class Addresses implements AutoCloseable {
    /** Asks for the addresses of a name, at least one; may block. */
    interface Lookup {
        InetAddress[] of(String name) throws UnknownHostException;
    }

    private static final int MAX_NAMES = 64;

    private final Lookup lookup;
    private final ExecutorService executor;

    /** Those under way. */
    private final Map<String, CompletableFuture<List<InetAddress>>> lookups = new ConcurrentHashMap<>();

    Addresses() {
        this(InetAddress::getAllByName);
    }

    Addresses(Lookup lookup) {
        this.lookup = lookup;
        executor = new ThreadPoolExecutor(
                0,
                MAX_NAMES,
                30,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                new DefaultThreadFactory("conmgr-gateway-resolver", true));
    }

    /**
     * All addresses of an instance, at least one; done already unless a name must be resolved, which may take as long as
     * the name server likes.
     */
    CompletableFuture<List<InetAddress>> of(ConfiguredInstance instance) {
        InetAddress address = instance.hostaddr();
        if (address == null) {
            address = NetUtil.createInetAddressFromIpAddressString(instance.host());
        }
        if (address != null) {
            return CompletableFuture.completedFuture(List.of(address));
        }
        String name = instance.host();
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        CompletableFuture<List<InetAddress>> underWay = lookups.putIfAbsent(name, answer);
        if (underWay != null) {
            return underWay;
        }
        try {
            executor.execute(() -> lookUp(name, answer));
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            lookups.remove(name);
            answer.completeExceptionally(new UnknownHostException("no thread is left to resolve it"));
        }
        return answer;
    }

    private void lookUp(String name, CompletableFuture<List<InetAddress>> answer) {
        try {
            List<InetAddress> found = List.of(lookup.of(name));
            lookups.remove(name);
            answer.complete(found);
        } catch (UnknownHostException | RuntimeException | Error e) {
            // Whatever it is, a name that stays here is never asked for again.
            lookups.remove(name);
            answer.completeExceptionally(e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
