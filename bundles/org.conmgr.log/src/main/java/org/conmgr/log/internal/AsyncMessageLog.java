package org.conmgr.log.internal;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.LogStatus;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.log.Severity;
import org.conmgr.api.setting.InvalidSetting;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The log. Registered once for the life of the bundle: settings and sinks come and go under it.
 *
 * <p>Settings that name a destination of which nobody knows anything are refused after a grace, and what was in force
 * stays; when a sink for it comes after all, they are put in force.
 */
@Component(
        service = {MessageLog.class, LogStatus.class},
        immediate = true,
        configurationPolicy = ConfigurationPolicy.IGNORE)
public final class AsyncMessageLog implements MessageLog, LogStatus, AutoCloseable {
    /** How long a sink may take to come before its absence is told. */
    static final Duration GRACE = Duration.ofSeconds(5);

    /** How long a sink that goes, or all of them at the end, may take to write what waits. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    static final int CAPACITY = 4096;

    private static final Set<String> OWN_DESTINATIONS = Set.of("stderr", "syslog", "eventlog");

    private final Object turn = new Object();
    private final Clock clock;
    private final ScheduledExecutorService timer;
    private final @Nullable Outlet bridge;
    private final ConcurrentNavigableMap<String, Outlet> outlets = new ConcurrentSkipListMap<>();
    private volatile Filter filter;
    private volatile boolean closed;

    /** The last settings that could be read; those of the filter, unless they name an unknown destination. */
    private LogSettings wanted = LogSettings.DEFAULTS;

    @Activate
    public AsyncMessageLog() {
        this(Clock.systemUTC(), timer(), slf4jBridge());
    }

    AsyncMessageLog(Clock clock, ScheduledExecutorService timer, @Nullable LogSink bridge) {
        this.clock = clock;
        this.timer = timer;
        if (bridge == null) {
            this.bridge = null;
        } else {
            this.bridge = newOutlet(bridge.destination());
            this.bridge.attach(bridge, Origin.OURS);
        }
        filter = filter(LogSettings.DEFAULTS);
        filter.outlets.forEach(this::expectSink);
    }

    private static ScheduledExecutorService timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "conmgr-log-timer");
            thread.setDaemon(true);
            return thread;
        });
        // It has nothing to do most of its life, and then needs no thread.
        timer.setKeepAliveTime(GRACE.toSeconds(), TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        return timer;
    }

    private static @Nullable LogSink slf4jBridge() {
        try {
            return new Slf4jBridge();
        } catch (NoClassDefFoundError e) {
            // The package is imported optionally: outside Karaf there is no log of Karaf's to be bridged to.
            return null;
        }
    }

    @Override
    public void log(LogMessage message) {
        log(message, null);
    }

    @Override
    public void log(Message message, Object... values) {
        if (isWritten(message)) {
            log(LogMessage.of(message, values));
        }
    }

    private void log(LogMessage message, @Nullable Outlet except) {
        if (!isWritten(message.message())) {
            return;
        }
        // For moments only: so that messages are in the order of their times, and in the same order everywhere.
        synchronized (turn) {
            Instant at = clock.instant();
            if (bridge != null && bridge != except) {
                bridge.offer(at, message);
            }
            for (Outlet outlet : filter.outlets) {
                if (outlet != except) {
                    outlet.offer(at, message);
                }
            }
        }
    }

    private boolean isWritten(Message message) {
        return message.severity().compareTo(filter.settings.leastSeverity()) >= 0 && !closed;
    }

    @Reference(
            name = "settings",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "keepSettings")
    void applySettings(LogSettingsSource source) {
        try {
            want(source.read());
        } catch (InvalidSetting e) {
            log(Message.INVALID_SETTING, LogSettingsSource.PID, e.getMessage());
        }
    }

    /** The source goes whenever it is to come back with other settings. */
    void keepSettings(LogSettingsSource source) {}

    @Reference(
            name = "sinks",
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "removeSink")
    void bindSink(LogSink sink, ServiceReference<LogSink> service) {
        addSink(sink, Origin.of(service));
    }

    void addSink(LogSink sink, Origin origin) {
        outlet(sink.destination()).attach(sink, origin);
        settle();
    }

    void removeSink(LogSink sink) {
        Outlet outlet = outlet(sink.destination());
        outlet.detach(sink);
        if (filter.outlets.contains(outlet)) {
            expectSink(outlet);
        }
    }

    private synchronized void want(LogSettings settings) {
        wanted = settings;
        if (!settle()) {
            after(GRACE, () -> refuse(settings));
        }
    }

    /** Puts the wanted settings in force. False while one of their destinations is unknown. */
    private synchronized boolean settle() {
        if (!knownDestinations().containsAll(wanted.destinations())) {
            return false;
        }
        if (!filter.settings.equals(wanted)) {
            Filter old = filter;
            filter = filter(wanted);
            filter.outlets.forEach(this::expectSink);
            old.outlets.stream()
                    .filter(outlet -> !filter.outlets.contains(outlet))
                    .forEach(Outlet::forget);
        }
        return true;
    }

    private synchronized void refuse(LogSettings settings) {
        if (settings.equals(wanted) && !settings.equals(filter.settings)) {
            log(
                    Message.INVALID_SETTING,
                    LogSettingsSource.PID,
                    settings.unknown(knownDestinations()).getMessage());
        }
    }

    private Set<String> knownDestinations() {
        Set<String> known = new HashSet<>(OWN_DESTINATIONS);
        outlets.values().stream().filter(Outlet::hasSink).map(Outlet::name).forEach(known::add);
        return known;
    }

    private void expectSink(Outlet outlet) {
        if (!outlet.hasSink()) {
            after(GRACE, () -> {
                if (filter.outlets.contains(outlet) && outlet.tellsAbsence()) {
                    log(Message.SINK_MISSING, outlet.name());
                }
            });
        }
    }

    private void after(Duration delay, Runnable task) {
        if (!closed) {
            timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private Filter filter(LogSettings settings) {
        return new Filter(settings, settings.all().stream().map(this::outlet).toList());
    }

    private Outlet outlet(String destination) {
        return Objects.requireNonNull(outlets.computeIfAbsent(destination, this::newOutlet));
    }

    private Outlet newOutlet(String destination) {
        return new Outlet(destination, CAPACITY, PATIENCE, (outlet, complaint) -> log(complaint, outlet));
    }

    @Override
    public Severity leastSeverity() {
        return filter.settings.leastSeverity();
    }

    @Override
    public List<Destination> destinations() {
        Filter now = filter;
        Stream<Destination> ofSinks = outlets.values().stream()
                .map(outlet -> outlet.status(now.outlets.contains(outlet)))
                .filter(destination -> destination.named() || destination.present());
        return bridge == null
                ? ofSinks.toList()
                : Stream.concat(Stream.of(bridge.status(true)), ofSinks).toList();
    }

    /** Writes what waits, for {@link #PATIENCE} at most. */
    @Override
    @Deactivate
    public void close() {
        closed = true;
        timer.shutdownNow();
        List<Outlet> all = new ArrayList<>(outlets.values());
        if (bridge != null) {
            all.add(bridge);
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        all.forEach(Outlet::end);
        all.forEach(outlet -> outlet.await(deadline));
    }

    private record Filter(LogSettings settings, List<Outlet> outlets) {}
}
