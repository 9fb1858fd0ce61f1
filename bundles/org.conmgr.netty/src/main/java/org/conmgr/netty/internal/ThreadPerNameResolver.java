package org.conmgr.netty.internal;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.conmgr.netty.Resolver;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Asks the system, which blocks: on a thread for each name that is being looked up. */
@Component(service = Resolver.class)
public final class ThreadPerNameResolver implements Resolver, AutoCloseable {
    /** The system's name resolution; may block. */
    public interface Lookup {
        /** At least one. */
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    private static final long IDLE_SECONDS = 30;

    private final Lookup lookup;
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor limits;

    /** Those under way. */
    private final Map<String, CompletableFuture<List<InetAddress>>> lookups = new ConcurrentHashMap<>();

    @Activate
    public ThreadPerNameResolver() {
        this(InetAddress::getAllByName);
    }

    public ThreadPerNameResolver(Lookup lookup) {
        this.lookup = lookup;
        threads = new ThreadPoolExecutor(
                0,
                MAX_NAMES,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                new DefaultThreadFactory("conmgr-resolver", true));
        limits = new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("conmgr-resolver-limit", true));
        limits.setRemoveOnCancelPolicy(true);
        limits.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        limits.allowCoreThreadTimeOut(true);
    }

    @Override
    public CompletableFuture<List<InetAddress>> resolve(String host, Duration limit) {
        InetAddress address = NetUtil.createInetAddressFromIpAddressString(host);
        if (address != null) {
            return CompletableFuture.completedFuture(List.of(address));
        }
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        underWay(host).whenComplete((found, failure) -> {
            if (failure == null) {
                answer.complete(found);
            } else {
                answer.completeExceptionally(failure);
            }
        });
        if (!answer.isDone()) {
            limit(answer, host, limit);
        }
        return answer;
    }

    private void limit(CompletableFuture<List<InetAddress>> answer, String host, Duration limit) {
        try {
            Future<?> end = limits.schedule(
                    () -> answer.completeExceptionally(
                            failure(host, "is not resolved within " + limit.toMillis() + " ms", null)),
                    limit.toMillis(),
                    TimeUnit.MILLISECONDS);
            answer.whenComplete((found, failure) -> end.cancel(false));
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(stopped(host));
        }
    }

    private CompletableFuture<List<InetAddress>> underWay(String host) {
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        CompletableFuture<List<InetAddress>> before = lookups.putIfAbsent(host, answer);
        if (before != null) {
            return before;
        }
        try {
            threads.execute(() -> lookUp(host, answer));
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            lookups.remove(host);
            answer.completeExceptionally(
                    threads.isShutdown()
                            ? stopped(host)
                            : failure(host, "is not resolved: no thread is left for it", e));
        }
        return answer;
    }

    private void lookUp(String host, CompletableFuture<List<InetAddress>> answer) {
        List<InetAddress> found = List.of();
        UnknownHostException failure = null;
        try {
            found = List.of(lookup.addresses(host));
        } catch (UnknownHostException e) {
            // Its own text changes from one attempt to the next, as the platform remembers that it does not know.
            failure = failure(host, "is not known", e);
        } catch (RuntimeException | Error e) {
            // Whatever it is, a name that stays here is never asked for again.
            failure = failure(host, "is not resolved: " + e, e);
        }
        lookups.remove(host, answer);
        if (failure == null) {
            answer.complete(found);
        } else {
            answer.completeExceptionally(failure);
        }
    }

    private static UnknownHostException stopped(String host) {
        return failure(host, "is not resolved: conmgr stops", null);
    }

    private static UnknownHostException failure(String host, String what, @Nullable Throwable cause) {
        UnknownHostException failure = new UnknownHostException("host \"" + host + "\" " + what);
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }

    /** Those who wait are told. */
    @Override
    @Deactivate
    public void close() {
        threads.shutdownNow();
        limits.shutdownNow();
        lookups.forEach((host, answer) -> answer.completeExceptionally(stopped(host)));
    }
}
