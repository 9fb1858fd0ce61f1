package org.conmgr.config.internal;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * The condition {@code conmgr.config}: this process has had a configuration that can be used. Components that open
 * sockets wait for it.
 *
 * <p>It belongs to the framework, not to this bundle: to update or restart this bundle must not close anything. Karaf's
 * framework has conditions but does not export their package, so they are known here by name alone.
 */
final class Gate {
    private static final String CONDITION = "org.osgi.service.condition.Condition";
    private static final String ID = "osgi.condition.id";

    private final BundleContext system;

    /** @param system the context of the system bundle */
    Gate(BundleContext system) {
        this.system = system;
    }

    boolean isOpen() {
        return find("conmgr.config") != null;
    }

    /** Opens it for the rest of the process; nothing happens when it is open. */
    void open() {
        if (isOpen()) {
            return;
        }
        ServiceReference<?>[] always = find("true");
        Object condition = always == null ? null : system.getService(always[0]);
        if (condition == null) {
            throw new IllegalStateException("this framework has no conditions (expected: OSGi Core 8 or later)");
        }
        system.registerService(CONDITION, condition, FrameworkUtil.asDictionary(Map.of(ID, "conmgr.config")));
    }

    private ServiceReference<?> @Nullable [] find(String id) {
        try {
            return system.getAllServiceReferences(CONDITION, "(" + ID + "=" + id + ")");
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
