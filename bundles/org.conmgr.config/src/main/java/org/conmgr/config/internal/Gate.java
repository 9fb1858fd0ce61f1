package org.conmgr.config.internal;

import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.condition.Condition;

/**
 * The condition {@code conmgr.config}: this process has had a configuration that can be used. Components that open
 * sockets wait for it.
 *
 * <p>It belongs to the framework, not to this bundle: to update or restart this bundle must not close anything.
 */
final class Gate {
    /** The value of {@code osgi.condition.id}. */
    static final String ID = "conmgr.config";

    private final BundleContext system;

    /** @param system the context of the system bundle */
    Gate(BundleContext system) {
        this.system = system;
    }

    boolean isOpen() {
        try {
            return !system.getServiceReferences(Condition.class, "(" + Condition.CONDITION_ID + "=" + ID + ")")
                    .isEmpty();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Opens it for the rest of the process; nothing happens when it is open. */
    void open() {
        if (!isOpen()) {
            system.registerService(
                    Condition.class,
                    Condition.INSTANCE,
                    FrameworkUtil.asDictionary(Map.of(Condition.CONDITION_ID, ID)));
        }
    }
}
