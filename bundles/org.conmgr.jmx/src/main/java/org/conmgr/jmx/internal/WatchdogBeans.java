package org.conmgr.jmx.internal;

import java.util.IdentityHashMap;
import org.conmgr.api.watchdog.WatchdogView;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Shows each watchdog as long as it is there. */
@Component(
        immediate = true,
        service = {})
public final class WatchdogBeans implements AutoCloseable {
    private final Beans beans;
    private final IdentityHashMap<WatchdogView, Runnable> hide = new IdentityHashMap<>();

    @Activate
    public WatchdogBeans(BundleContext context) {
        this(Beans.of(context));
    }

    WatchdogBeans(Beans beans) {
        this.beans = beans;
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    synchronized void addWatchdog(WatchdogView watchdog) {
        hide.put(
                watchdog,
                beans.show(
                        WatchdogMXBean.class,
                        new WatchdogBean(watchdog),
                        "type=Watchdog,name=" + Beans.value(watchdog.name())));
    }

    synchronized void removeWatchdog(WatchdogView watchdog) {
        Runnable shown = hide.remove(watchdog);
        if (shown != null) {
            shown.run();
        }
    }

    @Override
    @Deactivate
    public synchronized void close() {
        hide.values().forEach(Runnable::run);
        hide.clear();
    }
}
