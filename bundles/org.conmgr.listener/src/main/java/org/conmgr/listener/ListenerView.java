package org.conmgr.listener;

import org.osgi.annotation.versioning.ProviderType;

/** What every status view reads about conmgr's {@code port}. An OSGi service. */
@ProviderType
public interface ListenerView {
    /** The state just now. Never blocks. */
    ListenerStatus status();
}
