package org.conmgr.log.eventlog.internal;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * Registers {@link Windows} where the operating system is Windows. To a resolver, which cannot know, it always does:
 * otherwise the bundle could be installed nowhere else.
 */
@Capability(
        namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"org.conmgr.log.eventlog.internal.Windows\"")
@Component(
        service = {},
        immediate = true)
public final class OperatingSystemCheck implements AutoCloseable {
    private final @Nullable ServiceRegistration<Windows> windows;

    @Activate
    public OperatingSystemCheck(BundleContext context) {
        this(context, System.getProperty("os.name", ""));
    }

    OperatingSystemCheck(BundleContext context, String name) {
        windows = isWindows(name) ? context.registerService(Windows.class, new Windows(), null) : null;
    }

    static boolean isWindows(String name) {
        return name.toLowerCase(Locale.ROOT).startsWith("windows");
    }

    @Override
    @Deactivate
    public void close() {
        if (windows != null) {
            windows.unregister();
        }
    }
}
