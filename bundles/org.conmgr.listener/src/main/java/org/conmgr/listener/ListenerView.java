package org.conmgr.listener;

import java.time.Duration;
import org.osgi.annotation.versioning.ProviderType;

/** What every status view reads about conmgr's {@code port}. An OSGi service. */
@ProviderType
public interface ListenerView {
    /** The state just now. Never blocks. */
    ListenerStatus status();

    /**
     * How long a client may take to say what it wants and who it is: {@code authentication_timeout}. The listener holds
     * it to that with its first packet, an adapter with what it asks besides. Never blocks.
     */
    Duration authenticationTimeout();
}
