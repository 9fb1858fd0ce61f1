package org.conmgr.heartbeat.internal;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Resolves host names on threads of its own: a name server that does not answer delays no beat. */
final class Resolver implements AutoCloseable {
    private static final int THREADS = 4;

    /** What waits for the name server. */
    interface Lookup {
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    private final Lookup lookup;
    private final ExecutorService executor;

    Resolver() {
        this(InetAddress::getAllByName);
    }

    Resolver(Lookup lookup) {
        this.lookup = lookup;
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("conmgr-resolver", true));
        pool.allowCoreThreadTimeOut(true);
        executor = pool;
    }

    /** All addresses of the name; fails with {@link UnknownHostException}. Callers keep one question open each. */
    CompletableFuture<List<InetAddress>> resolve(String host) {
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                answer.complete(List.of(lookup.addresses(host)));
            } catch (UnknownHostException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
