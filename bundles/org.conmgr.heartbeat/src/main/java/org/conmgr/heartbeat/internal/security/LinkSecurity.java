package org.conmgr.heartbeat.internal.security;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * What protects links now, for both ends: an internal service that outlives its settings, so that a change of them
 * ends no link by itself. Settings that are not valid change nothing; if there were none before, no link is made.
 */
@Component(service = LinkSecurity.class)
public final class LinkSecurity implements AutoCloseable {
    private final List<Runnable> observers = new CopyOnWriteArrayList<>();
    private final ThreadPoolExecutor handshakes;

    // Guarded by this.
    private @Nullable TlsSettings tls;
    private @Nullable AuthSettings auth;

    @Activate
    public LinkSecurity() {
        // The arithmetic of handshakes must not delay beats. How many can wait is bounded by the half-open connections.
        handshakes = new ThreadPoolExecutor(
                1, 1, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new DefaultThreadFactory("conmgr-tls", true));
        handshakes.allowCoreThreadTimeOut(true);
    }

    /** With these settings, for tests. */
    public static LinkSecurity of(TlsSettings tls, AuthSettings auth) {
        LinkSecurity security = new LinkSecurity();
        security.bindTls(tls);
        security.bindAuth(auth);
        return security;
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindTls(TlsSettings settings) {
        synchronized (this) {
            if (settings.invalid() != null && tls != null && tls.invalid() == null) {
                return; // Reported where it was read; what was in force stays in force.
            }
            tls = settings;
        }
        observers.forEach(Runnable::run);
    }

    /** The last settings stay in force until others come: between two there is a moment with none. */
    void unbindTls(TlsSettings gone) {}

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindAuth(AuthSettings settings) {
        synchronized (this) {
            if (settings.invalid() != null && auth != null && auth.invalid() == null) {
                return;
            }
            auth = settings;
        }
        observers.forEach(Runnable::run);
    }

    void unbindAuth(AuthSettings gone) {}

    /** What protects a link that is made now. Any thread. */
    public synchronized Protection now() {
        if (tls == null && auth == null) {
            return Protection.NONE;
        }
        String invalid = tls != null && tls.invalid() != null
                ? TlsSettings.PID + ": " + tls.invalid()
                : auth != null && auth.invalid() != null ? AuthSettings.PID + ": " + auth.invalid() : null;
        return new Protection(
                tls == null ? null : tls.tls(),
                tls == null ? Set.of() : tls.allowedNames(),
                auth == null ? null : auth.secret(),
                auth != null && auth.trust(),
                invalid);
    }

    /** Where the arithmetic of TLS handshakes is done. */
    public Executor handshakes() {
        return handshakes;
    }

    /** Told, on any thread, after the settings have changed; not when files were read anew, which ends no link. */
    public void observe(Runnable observer) {
        observers.add(observer);
    }

    public void forget(Runnable observer) {
        observers.remove(observer);
    }

    @Deactivate
    @Override
    public void close() {
        handshakes.shutdownNow();
    }
}
