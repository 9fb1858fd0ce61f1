package org.conmgr.api.routing;

import org.osgi.annotation.versioning.ProviderType;

/** Lets the applications go before conmgr ends. An OSGi service; any thread. There is no way back but a new process. */
@ProviderType
public interface Admission {
    /** From now on refuses whoever asks, and those that wait for an instance; sessions stay. Idempotent. */
    void refuse();

    /** Refuses as well, and ends every session, each told that conmgr is stopping. Idempotent. */
    void end();
}
