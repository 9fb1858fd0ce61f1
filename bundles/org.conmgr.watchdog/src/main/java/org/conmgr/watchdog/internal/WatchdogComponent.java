package org.conmgr.watchdog.internal;

import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.LinkPublisher;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.api.watchdog.WatchdogView;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * A {@link Watchdog} for every configuration {@code org.conmgr.watchdog~NAME}, shown as a {@link WatchdogView} service.
 * A configuration that does not fit is told once, and changes nothing: an edit to one stops no watchdog, hence a {@code
 * Modified} method.
 */
@Component(
        service = {},
        immediate = true,
        configurationPid = "org.conmgr.watchdog",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = WatchdogConfig.class, factory = true)
public final class WatchdogComponent implements AutoCloseable {
    private record Running(WatchdogSettings settings, Watchdog watchdog, Runnable hide) {}

    private final String pid;
    private final HeartbeatAcceptor acceptor;
    private final AttributeChecker checker;
    private final Terminator terminator;
    private final LinkPublisher publisher;
    private final MessageLog log;
    private final Function<WatchdogView, Runnable> show;
    private final BooleanSupplier shuttingDown;

    /** Guarded by this. Null until there has been a configuration that fits. */
    private @Nullable Running running;

    @Activate
    public WatchdogComponent(
            WatchdogConfig config,
            Map<String, Object> properties,
            BundleContext context,
            @Reference HeartbeatAcceptor acceptor,
            @Reference AttributeChecker checker,
            @Reference Terminator terminator,
            @Reference LinkPublisher publisher,
            @Reference MessageLog log) {
        this(
                String.valueOf(properties.get("service.pid")),
                config,
                acceptor,
                checker,
                terminator,
                publisher,
                log,
                view -> context.registerService(
                        WatchdogView.class, view, FrameworkUtil.asDictionary(Map.of("name", view.name())))::unregister,
                () -> context.getBundle(0).getState() == Bundle.STOPPING);
    }

    /**
     * @param show makes the view public; what it returns hides it again
     * @param shuttingDown tells, at the end, whether the whole process ends or only this component
     */
    WatchdogComponent(
            String pid,
            WatchdogConfig config,
            HeartbeatAcceptor acceptor,
            AttributeChecker checker,
            Terminator terminator,
            LinkPublisher publisher,
            MessageLog log,
            Function<WatchdogView, Runnable> show,
            BooleanSupplier shuttingDown) {
        this.pid = pid;
        this.acceptor = acceptor;
        this.checker = checker;
        this.terminator = terminator;
        this.publisher = publisher;
        this.log = log;
        this.show = show;
        this.shuttingDown = shuttingDown;
        apply(config);
    }

    /** Restarts the watchdog, unless its settings are as before, or do not fit. */
    @Modified
    void modified(WatchdogConfig config) {
        apply(config);
    }

    private synchronized void apply(WatchdogConfig config) {
        WatchdogSettings wanted = read(config);
        if (wanted == null || (running != null && running.settings().equals(wanted))) {
            return;
        }
        // Made first: what cannot even be made ends nothing.
        Watchdog next = new Watchdog(wanted, acceptor, checker, terminator, publisher, log);
        close();
        running = new Running(wanted, next, show.apply(next));
        next.start();
    }

    private @Nullable WatchdogSettings read(WatchdogConfig config) {
        try {
            return WatchdogSettings.of(pid.substring(pid.indexOf('~') + 1), config);
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, pid, e.getMessage());
            return null;
        }
    }

    /** Says that it stops when the process ends, and that it restarts when only this bundle or its settings change. */
    @Deactivate
    @Override
    public synchronized void close() {
        Running now = running;
        running = null;
        if (now != null) {
            now.hide().run();
            now.watchdog().close(shuttingDown.getAsBoolean() ? Departure.SHUTDOWN : Departure.RESTART);
        }
    }
}
