package org.conmgr.config.internal;

import static org.osgi.service.component.annotations.ReferenceCardinality.OPTIONAL;
import static org.osgi.service.component.annotations.ReferencePolicyOption.GREEDY;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.conmgr.config.Parameter;
import org.conmgr.config.PidFile;
import org.conmgr.listener.ListenerView;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.propertytypes.SatisfyingConditionTarget;

/**
 * Tells {@code cm_ctl} by {@link PidFile} on which port this process is, as soon as the settings are known, and when it
 * shuts down. That is where conmgr listens: while something else has the port of the settings, the one before; the one
 * of the settings while it listens nowhere. Nobody tells when that changes, so it looks again and again, soon after an edit, and at once
 * when a reload has come through.
 *
 * <p>An update of this bundle leaves the file as it is, and so does a port that cannot be: then the listener stays where
 * it was. Hence a {@code Modified} method.
 */
@Component(service = ConfigurationListener.class, immediate = true, configurationPid = Parameter.Pid.LISTENER)
@SatisfyingConditionTarget("(osgi.condition.id=conmgr.config)")
public final class PidFileKeeper implements ConfigurationListener, SynchronousBundleListener, AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    /** The listener hears of an edit in the same moment: just before this object, or just after. */
    private static final List<Duration> LOOKS_AFTER_EDIT =
            List.of(Duration.ofMillis(10), Duration.ofMillis(30), Duration.ofMillis(70), Duration.ofMillis(150));

    /** Where {@code cm_ctl} connects to, in this order: somebody else may have the same port of the first. */
    private static final List<Set<String>> ASKED = List.of(Set.of("127.0.0.1", "*"), Set.of("[::1]"));

    /** The one key of the listener's that matters here. */
    @interface Config {
        String port() default "27546";
    }

    private final BundleContext context;
    private final Path directory;
    private final MessageLog log;
    private final Optional<ListenerView> listener;
    private final ScheduledThreadPoolExecutor thread;

    // Guarded by this, as what is written.
    private int configured;
    private OptionalInt written = OptionalInt.empty();
    private boolean writeFailed;
    private boolean closed;

    @Activate
    public PidFileKeeper(
            BundleContext context,
            @Reference MessageLog log,
            @Reference(cardinality = OPTIONAL, policyOption = GREEDY) Optional<ListenerView> listener,
            Config config) {
        this(context, ConfKeeper.directory(context), log, listener, config.port());
    }

    PidFileKeeper(BundleContext context, Path directory, MessageLog log, Optional<ListenerView> listener, String port) {
        this.context = context;
        this.directory = directory;
        this.log = log;
        this.listener = listener;
        // If it cannot be, the listener tells it; until it is mended there is no port.
        configured = read(port).orElse(PidFile.STARTING);
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread created = new Thread(task, "conmgr-pid-file");
            created.setDaemon(true);
            return created;
        });
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        context.addBundleListener(this);
        look();
        thread.scheduleWithFixedDelay(this::look, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static OptionalInt read(String port) {
        try {
            return OptionalInt.of(Setting.port("port", port));
        } catch (InvalidSetting e) {
            return OptionalInt.empty();
        }
    }

    @Modified
    synchronized void modified(Config config) {
        configured = read(config.port()).orElse(configured);
        look();
        LOOKS_AFTER_EDIT.forEach(delay -> thread.schedule(this::look, delay.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** Called by Config Admin's thread. By now the listener has heard of what a reload has changed. */
    @Override
    public void configurationEvent(ConfigurationEvent event) {
        if (event.getPid().equals(Enforcer.SIGNAL_PID)) {
            look();
        }
    }

    private synchronized void look() {
        try {
            if (!closed && (context.getBundle(0).getState() & (Bundle.STARTING | Bundle.ACTIVE)) != 0) {
                write(port(
                        configured,
                        listener.map(view -> view.status().addresses()).orElse(List.of())));
            }
        } catch (RuntimeException | Error e) {
            // An Error as well: while a bundle is being updated its classes are not there.
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the care for " + directory.resolve(PidFile.NAME), e)
                    .withCause(e));
        }
    }

    /**
     * The port to be asked at.
     *
     * @param configured that of the settings
     * @param addresses where conmgr listens, as {@code 127.0.0.1:27546}
     */
    static int port(int configured, List<String> addresses) {
        List<Integer> ports = ASKED.stream()
                .map(hosts -> ports(addresses, hosts::contains))
                .filter(found -> !found.isEmpty())
                .findFirst()
                .orElseGet(() -> ports(addresses, host -> true));
        return ports.isEmpty() || ports.contains(configured) ? configured : ports.get(0);
    }

    private static List<Integer> ports(List<String> addresses, Predicate<String> host) {
        return addresses.stream()
                .filter(address -> host.test(address.substring(0, address.lastIndexOf(':'))))
                .map(address -> Integer.valueOf(address.substring(address.lastIndexOf(':') + 1)))
                .sorted()
                .toList();
    }

    private void write(int port) {
        if (written.equals(OptionalInt.of(port))) {
            return;
        }
        try {
            PidFile.ofThisProcess(directory, port).write();
            written = OptionalInt.of(port);
            writeFailed = false;
        } catch (IOException e) {
            if (!writeFailed) {
                writeFailed = true;
                log.log(Message.PID_FILE_NOT_WRITTEN, directory.resolve(PidFile.NAME), e);
            }
        }
    }

    @Override
    public synchronized void bundleChanged(BundleEvent event) {
        if (event.getBundle().getBundleId() == 0 && event.getType() == BundleEvent.STOPPING) {
            write(PidFile.STOPPING);
            directory.resolve(PidFile.NAME).toFile().deleteOnExit();
        }
    }

    @Override
    @Deactivate
    public void close() {
        context.removeBundleListener(this);
        thread.shutdown();
        synchronized (this) {
            closed = true;
        }
    }
}
