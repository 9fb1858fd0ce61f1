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
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * A {@link Watchdog} for every configuration {@code org.conmgr.watchdog~NAME}, shown as a {@link WatchdogView} service.
 * With a configuration that does not fit it says so once and stays inert until that is changed.
 */
@Component(
        service = {},
        immediate = true,
        configurationPid = "org.conmgr.watchdog",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = WatchdogConfig.class, factory = true)
public final class WatchdogComponent implements AutoCloseable {
    private final @Nullable Watchdog watchdog;
    private final @Nullable Runnable hide;
    private final BooleanSupplier shuttingDown;

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
        this.shuttingDown = shuttingDown;
        WatchdogSettings settings = read(pid, config, log);
        if (settings == null) {
            watchdog = null;
            hide = null;
        } else {
            watchdog = new Watchdog(settings, acceptor, checker, terminator, publisher, log);
            hide = show.apply(watchdog);
            watchdog.start();
        }
    }

    private static @Nullable WatchdogSettings read(String pid, WatchdogConfig config, MessageLog log) {
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
    public void close() {
        if (watchdog != null && hide != null) {
            hide.run();
            watchdog.close(shuttingDown.getAsBoolean() ? Departure.SHUTDOWN : Departure.RESTART);
        }
    }
}
