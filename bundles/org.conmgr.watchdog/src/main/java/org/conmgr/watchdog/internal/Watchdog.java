package org.conmgr.watchdog.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Setting;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.LinkPublisher;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.api.watchdog.WatchdogView;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Peer;
import org.jspecify.annotations.Nullable;

/**
 * One watchdog: checks its instance, tells every conmgr what it finds, and ends the backends of those that are lost.
 *
 * <p>It listens from the start, also while its instance is not reachable: then a conmgr is told so, and told again at
 * once when it is. A port that is taken is tried again.
 */
final class Watchdog implements WatchdogView, AutoCloseable {
    private static final long RETRY_MILLIS = 1000;

    private final WatchdogSettings settings;
    private final HeartbeatAcceptor acceptor;
    private final MessageLog log;
    private final InstanceWatch watch;
    private final Terminations terminations;
    private final @Nullable Publication publication;
    private final Thread listening;
    private final CountDownLatch closing = new CountDownLatch(1);

    // Guarded by this: written by the checker's threads and by the one that opens the endpoint.
    private HeartbeatAcceptor.@Nullable Endpoint endpoint;
    private Identity identity = Identity.UNKNOWN;
    private Attributes attributes = new Attributes(InstanceState.UNREACHABLE, Role.STANDBY, false, 0);
    private String why = "its watchdog has not reached it yet";
    private Progress progress = Progress.UNKNOWN;
    private int connectionLimit;

    /** What the last check saw, and why new connections are refused although it saw something; else empty. */
    private Observation.@Nullable Seen lastSeen;

    private String refusal = "";
    private boolean seen;
    private boolean closed;

    Watchdog(
            WatchdogSettings settings,
            HeartbeatAcceptor acceptor,
            AttributeChecker checker,
            Terminator terminator,
            LinkPublisher publisher,
            MessageLog log) {
        this.settings = settings;
        this.acceptor = acceptor;
        this.log = log;
        watch = new InstanceWatch(
                settings.name(),
                checker.open(settings.access()),
                settings.checkInterval(),
                settings.checkTimeout(),
                settings.connectCheckInterval(),
                new InstanceEvents(),
                log);
        terminations = new Terminations(settings, terminator.open(settings.access()), this::beats, log);
        LinkPublisher.Way way = settings.statView().way();
        publication = way == null
                ? null
                : new Publication(
                        settings.name(),
                        () -> publisher.open(settings.name(), settings.access(), way),
                        this::links,
                        log);
        listening = new Thread(this::listenUntilItWorks, "watchdog-" + settings.name() + "-listen");
        listening.setDaemon(true);
    }

    /** Does not block. */
    void start() {
        listening.start();
        watch.start();
        if (publication != null) {
            publication.start();
        }
    }

    private void listenUntilItWorks() {
        String reported = "";
        try {
            do {
                try {
                    opened(acceptor.open(
                            settings.name(), settings.addresses(), settings.admission(), new LinkEvents()));
                    return;
                } catch (IOException e) {
                    String cause = String.valueOf(e.getMessage());
                    if (!cause.equals(reported)) {
                        reported = cause;
                        log.log(Message.WATCHDOG_CANNOT_LISTEN, settings.name(), text(settings.addresses()), cause);
                    }
                }
            } while (!closing.await(RETRY_MILLIS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Only at the end of the process.
        } catch (RuntimeException e) {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "opening watchdog \"" + settings.name() + "\"", e)
                    .withCause(e));
        }
    }

    private void opened(HeartbeatAcceptor.Endpoint opened) {
        synchronized (this) {
            if (!closed) {
                endpoint = opened;
                applyLimit(opened);
                opened.progress(progress);
                opened.publish(identity, attributes, why);
                log.log(Message.WATCHDOG_LISTENING, settings.name(), text(opened.addresses()));
                return;
            }
        }
        opened.close(Departure.SHUTDOWN);
    }

    private static String text(List<InetSocketAddress> addresses) {
        return addresses.stream()
                .map(address -> address.getAddress().getHostAddress() + ":" + address.getPort())
                .collect(Collectors.joining(", "));
    }

    private void applyLimit(HeartbeatAcceptor.Endpoint open) {
        int limit = settings.maxLinks().orElse(connectionLimit);
        if (limit > 0) {
            open.limit(limit);
        }
    }

    private synchronized void publish(InstanceState state, String reason) {
        publish(identity, attributes.in(state), reason);
    }

    private synchronized void publish(Identity who, Attributes what, String reason) {
        identity = who;
        attributes = what;
        why = reason;
        if (endpoint != null) {
            endpoint.publish(who, what, reason);
        }
    }

    /** While it closes nobody can be seen to live, which is no evidence against a host. */
    private synchronized boolean beats(InetAddress address) {
        return closed || (endpoint != null && endpoint.beats(address));
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public synchronized List<InetSocketAddress> addresses() {
        return endpoint == null ? List.of() : endpoint.addresses();
    }

    @Override
    public synchronized Identity identity() {
        return identity;
    }

    @Override
    public synchronized Attributes attributes() {
        return attributes;
    }

    @Override
    public synchronized String why() {
        return why;
    }

    @Override
    public synchronized Progress progress() {
        return progress;
    }

    @Override
    public synchronized List<Link> links() {
        if (endpoint == null) {
            return List.of();
        }
        return endpoint.links().stream()
                .map(link -> new Link(
                        link.peer().name(),
                        link.peer().address().getAddress(),
                        link.peer().address().getPort(),
                        link.peer().interval(),
                        link.peer().timeout(),
                        link.since(),
                        link.lastHeard(),
                        link.lastBeat(),
                        link.sessions(),
                        link.roundTrip(),
                        link.bytesReceived(),
                        link.bytesSent()))
                .toList();
    }

    @Override
    public long terminated() {
        return terminations.terminated();
    }

    @Override
    public void close() {
        close(Departure.SHUTDOWN);
    }

    /** Says Goodbye, ends all threads. Idempotent; takes at most a few seconds. */
    void close(Departure departure) {
        HeartbeatAcceptor.Endpoint open;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = endpoint;
            endpoint = null;
        }
        closing.countDown();
        if (open != null) {
            open.close(departure);
        }
        watch.close();
        terminations.close();
        if (publication != null) {
            publication.close();
        }
        log.log(Message.WATCHDOG_STOPPED, settings.name());
    }

    private final class InstanceEvents implements InstanceWatch.Listener {
        @Override
        public void observed(Observation observation) {
            if (observation instanceof Observation.Seen found) {
                seen(found);
            } else if (observation instanceof Observation.Lost lost) {
                lost(lost);
            }
        }

        private void seen(Observation.Seen found) {
            synchronized (Watchdog.this) {
                boolean first = !seen || !attributes.state().alive();
                if (first) {
                    refusal = ""; // The login that has just worked says so.
                    log.log(Message.INSTANCE_SEEN, settings.name(), found.attributes());
                    terminations.instanceThere();
                    if (publication != null) {
                        publication.instanceThere();
                    }
                }
                seen = true;
                lastSeen = found;
                progress = found.progress();
                if (connectionLimit != found.connectionLimit() || first) {
                    connectionLimit = found.connectionLimit();
                    if (endpoint != null) {
                        applyLimit(endpoint);
                    }
                }
                if (endpoint != null) {
                    endpoint.progress(progress);
                }
                tell(found, first);
            }
        }

        /** Called with the lock. */
        private void tell(Observation.Seen found, boolean first) {
            boolean degraded = !refusal.isEmpty() && found.attributes().state() == InstanceState.ACCEPTING;
            Attributes now = degraded ? found.attributes().in(InstanceState.DEGRADED) : found.attributes();
            boolean changed = !attributes.equals(now);
            if (changed && !first) {
                log.log(Message.INSTANCE_CHANGED, settings.name(), attributes, now);
            }
            String reason = degraded ? refusal : "";
            if (first || changed || !identity.equals(found.identity()) || !why.equals(reason)) {
                publish(found.identity(), now, reason);
            }
        }

        @Override
        public void knocked(String refused) {
            synchronized (Watchdog.this) {
                Observation.Seen found = lastSeen;
                if (found == null || !attributes.state().alive() || refused.equals(refusal)) {
                    return;
                }
                if (refusal.isEmpty()) {
                    log.log(Message.INSTANCE_DEGRADED, settings.name(), refused);
                }
                refusal = refused;
                tell(found, false);
            }
        }

        private void lost(Observation.Lost lost) {
            synchronized (Watchdog.this) {
                if (!why.equals(lost.why()) || attributes.state() != lost.state()) {
                    log.log(Message.INSTANCE_LOST, settings.name(), lost.why());
                    progress = Progress.UNKNOWN;
                    terminations.instanceLost();
                    if (publication != null) {
                        publication.instanceLost();
                    }
                    publish(lost.state(), lost.why());
                }
            }
        }

        @Override
        public void unanswered(Duration timeout) {
            synchronized (Watchdog.this) {
                if (!attributes.state().alive()) {
                    return; // A login that hangs tells nothing new of an instance that is lost already.
                }
                String reason = "no answer to a check within " + Setting.text(timeout);
                log.log(Message.INSTANCE_LOST, settings.name(), reason);
                publish(InstanceState.UNRESPONSIVE, reason);
            }
        }
    }

    private final class LinkEvents implements HeartbeatAcceptor.Observer {
        @Override
        public void established(Peer peer) {
            terminations.established(peer);
            linksChanged();
        }

        @Override
        public void lost(Loss loss) {
            terminations.lost(loss);
            linksChanged();
        }

        private void linksChanged() {
            if (publication != null) {
                publication.linksChanged();
            }
        }
    }
}
