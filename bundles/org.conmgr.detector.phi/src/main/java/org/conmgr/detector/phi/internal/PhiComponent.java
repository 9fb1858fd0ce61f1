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
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** Offers the detector as a service while its settings are valid; with others it says so once and offers none. */
@Component(
        service = {},
        immediate = true,
        configurationPid = PhiSettings.PID)
@Designate(ocd = PhiConfig.class)
public final class PhiComponent implements AutoCloseable {
    private final @Nullable Runnable withdraw;

    @Activate
    public PhiComponent(PhiConfig config, BundleContext context, @Reference MessageLog log) {
        this(config, log, detector -> context.registerService(FailureDetector.class, detector, null)::unregister);
    }

    /** {@code offer} makes the detector a service; what it returns withdraws it. */
    PhiComponent(PhiConfig config, MessageLog log, Function<FailureDetector, Runnable> offer) {
        withdraw = offer(config, log, offer);
    }

    private static @Nullable Runnable offer(
            PhiConfig config, MessageLog log, Function<FailureDetector, Runnable> offer) {
        try {
            return offer.apply(new PhiAccrual(PhiSettings.of(config)));
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, PhiSettings.PID, e.getMessage());
            return null;
        }
    }

    @Override
    @Deactivate
    public void close() {
        if (withdraw != null) {
            withdraw.run();
        }
    }
}
