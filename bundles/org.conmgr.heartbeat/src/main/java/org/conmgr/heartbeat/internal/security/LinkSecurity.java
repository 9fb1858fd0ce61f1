package org.conmgr.heartbeat.internal.security;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * What protects links now, for both ends: an internal service that outlives its settings, so that a change of them
 * ends no link by itself. Settings that are not valid change nothing, until the files that they name have been mended; if
 * there were none before, no link is made so long. Files are looked at every second, on a thread of its own.
 */
@Component(service = LinkSecurity.class)
public final class LinkSecurity implements AutoCloseable {
    private static final long LOOK_MILLIS = 1000;

    private final List<Runnable> observers = new CopyOnWriteArrayList<>();
    private final Succession<TlsSettings> tlsSettings = new Succession<>();
    private final Succession<AuthSettings> authSettings = new Succession<>();
    private final ThreadPoolExecutor handshakes;
    private final ScheduledExecutorService files;

    @Activate
    public LinkSecurity() {
        // The arithmetic of handshakes must not delay beats. How many can wait is bounded by the half-open connections.
        handshakes = new ThreadPoolExecutor(
                1, 1, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new DefaultThreadFactory("conmgr-tls", true));
        handshakes.allowCoreThreadTimeOut(true);
        files = Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("conmgr-link-files", true));
        files.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** With these settings, for tests. */
    public static LinkSecurity of(TlsSettings tls, AuthSettings auth) {
        LinkSecurity security = new LinkSecurity();
        security.bindTls(tls);
        security.bindAuth(auth);
        return security;
    }

    /** Throws nothing: the settings log what goes wrong. */
    private void look() {
        tlsSettings.look(this::changed);
        authSettings.look(this::changed);
    }

    private void changed() {
        observers.forEach(Runnable::run);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindTls(TlsSettings settings) {
        if (tlsSettings.follow(settings)) {
            changed();
        }
    }

    /** The last settings stay in force until others come: between two there is a moment with none. */
    void unbindTls(TlsSettings gone) {}

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindAuth(AuthSettings settings) {
        if (authSettings.follow(settings)) {
            changed();
        }
    }

    void unbindAuth(AuthSettings gone) {}

    /** What protects a link that is made now. Any thread. */
    public Protection now() {
        TlsSettings tls = tlsSettings.inForce();
        AuthSettings auth = authSettings.inForce();
        if (tls == null && auth == null) {
            return Protection.NONE;
        }
        // First: what is valid now has the values that are read below.
        String invalidTls = tls == null ? null : tls.invalid();
        String invalidAuth = auth == null ? null : auth.invalid();
        String invalid = invalidTls != null
                ? TlsSettings.PID + ": " + invalidTls
                : invalidAuth != null ? AuthSettings.PID + ": " + invalidAuth : null;
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
        files.shutdownNow();
        handshakes.shutdownNow();
    }
}
