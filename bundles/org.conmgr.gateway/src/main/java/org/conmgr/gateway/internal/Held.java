package org.conmgr.gateway.internal;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.Target;
import org.conmgr.gateway.TlsMode;
import org.jspecify.annotations.Nullable;

/**
 * What a negotiation that was answered with {@code N} leaves for the client's next packet: the instance that gave the
 * answer still connected, or why there is none. Not for long: the next packet may be for another adapter, a slow client
 * must not cost a backend, and an instance may have come.
 */
final class Held implements Upstream.Owner {
    static final Duration LIMIT = Duration.ofSeconds(1);

    private static final AttributeKey<Held> KEY = AttributeKey.valueOf(Held.class, "held");
    private static final Held NOTHING = new Held(Target.ANY, null, null);

    private final Target target;
    private @Nullable Upstream upstream;
    private Upstream.@Nullable Failure failure;
    private @Nullable Future<?> limit;

    private Held(Target target, @Nullable Upstream upstream, Upstream.@Nullable Failure failure) {
        this.target = target;
        this.upstream = upstream;
        this.failure = failure;
    }

    static void upstream(Channel client, Upstream upstream) {
        Held held = new Held(upstream.request().target(), upstream, null);
        upstream.owner(held);
        upstream.server().closeFuture().addListener(gone -> held.dropped());
        held.keep(client);
    }

    static void failure(Channel client, Target target, Upstream.Failure failure) {
        new Held(target, null, failure).keep(client);
    }

    private void keep(Channel client) {
        client.closeFuture().addListener(gone -> close());
        limit = client.eventLoop().schedule(this::close, LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        client.attr(KEY).set(this);
    }

    /** What is held for a client; from now on it is the caller's to use or {@link #close}. */
    static Held take(Channel client) {
        Held held = client.attr(KEY).getAndSet(null);
        return held == null ? NOTHING : held;
    }

    /** The upstream, handed over; null when there is none for that target and with that kind of TLS any more. */
    @Nullable
    Upstream upstream(Target wanted, TlsMode tls) {
        Upstream there = upstream;
        if (there == null || wanted != target || there.tls() != tls) {
            return null;
        }
        dropped();
        return there;
    }

    /** Why there is no instance with that target; null when that is not known any more. */
    Upstream.@Nullable Failure failure(Target wanted) {
        return wanted == target ? failure : null;
    }

    void close() {
        Upstream there = upstream;
        dropped();
        if (there != null) {
            there.close();
        }
    }

    private void dropped() {
        upstream = null;
        failure = null;
        if (limit != null) {
            limit.cancel(false);
        }
    }

    @Override
    public void connected(Channel server) {
        throw new IllegalStateException("connected already");
    }

    @Override
    public void failed(Upstream.Failure why) {
        throw new IllegalStateException("connected already");
    }

    @Override
    public void ended(SessionEnd end) {
        close();
    }
}
