package org.conmgr.detector.phi.internal;

import java.util.function.Function;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Offers the detector as a service, with the last settings that were valid; others are told once. An edit that does not
 * fit must not leave the links without the detector: hence a {@code Modified} method.
 */
@Component(
        service = {},
        immediate = true,
        configurationPid = PhiSettings.PID)
@Designate(ocd = PhiConfig.class)
public final class PhiComponent implements AutoCloseable {
    private final MessageLog log;
    private final Function<FailureDetector, Runnable> offer;

    /** Guarded by this. Null until there have been valid settings. */
    private @Nullable Runnable withdraw;

    @Activate
    public PhiComponent(PhiConfig config, BundleContext context, @Reference MessageLog log) {
        this(config, log, detector -> context.registerService(FailureDetector.class, detector, null)::unregister);
    }

    /** {@code offer} makes the detector a service; what it returns withdraws it. */
    PhiComponent(PhiConfig config, MessageLog log, Function<FailureDetector, Runnable> offer) {
        this.log = log;
        this.offer = offer;
        apply(config);
    }

    @Modified
    void modified(PhiConfig config) {
        apply(config);
    }

    private synchronized void apply(PhiConfig config) {
        FailureDetector detector;
        try {
            detector = new PhiAccrual(PhiSettings.of(config));
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, PhiSettings.PID, e.getMessage());
            return;
        }
        Runnable next = offer.apply(detector);
        // Only then: there is no moment without one.
        close();
        withdraw = next;
    }

    @Override
    @Deactivate
    public synchronized void close() {
        Runnable last = withdraw;
        withdraw = null;
        if (last != null) {
            last.run();
        }
    }
}
