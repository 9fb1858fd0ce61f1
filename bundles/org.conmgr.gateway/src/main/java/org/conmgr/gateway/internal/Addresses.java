package org.conmgr.gateway.internal;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.ConfiguredInstance;

/** Finds the addresses of instances; names on threads of its own, for a name server may take its time. */
final class Addresses implements AutoCloseable {
    private static final int THREADS = 4;
    private static final int MAX_WAITING = 1_000;

    private final ExecutorService executor;

    Addresses() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_WAITING),
                new DefaultThreadFactory("conmgr-gateway-resolver", true));
        pool.allowCoreThreadTimeOut(true);
        executor = pool;
    }

    /** All addresses of an instance, at least one; done already unless a name must be resolved. */
    CompletableFuture<List<InetAddress>> of(ConfiguredInstance instance) {
        InetAddress address = instance.hostaddr();
        if (address == null) {
            address = NetUtil.createInetAddressFromIpAddressString(instance.host());
        }
        if (address != null) {
            return CompletableFuture.completedFuture(List.of(address));
        }
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    answer.complete(List.of(InetAddress.getAllByName(instance.host())));
                } catch (UnknownHostException | RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new UnknownHostException("too many names wait to be resolved"));
        }
        return answer;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
