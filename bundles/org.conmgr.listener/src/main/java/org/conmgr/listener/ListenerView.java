package org.conmgr.listener;

import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What every status view reads about conmgr's {@code port}. An OSGi service. */
@ProviderType
public interface ListenerView {
    /** The state just now. Never blocks. */
    ListenerStatus status();

    /**
     * Where it should listen but cannot, each with the reason: {@code 127.0.0.1:27546: Address already in use}. Until
     * that is over it also listens where it did before. Never blocks.
     */
    List<String> missing();

    /**
     * How long a client may take to say what it wants and who it is: {@code authentication_timeout}. The listener holds
     * it to that with its first packet, an adapter with what it asks besides. Never blocks.
     */
    Duration authenticationTimeout();
}
