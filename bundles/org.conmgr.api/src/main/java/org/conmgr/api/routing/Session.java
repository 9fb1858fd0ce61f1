package org.conmgr.api.routing;

import java.net.InetSocketAddress;
import org.osgi.annotation.versioning.ProviderType;

/** One application connection in the registry's books. */
@ProviderType
public interface Session extends AutoCloseable {
    /**
     * The client's end of the SQL connection, so that the watchdog can end just this backend.
     *
     * @param sqlSocket local address and port of the socket that leads to the instance
     */
    void connected(InetSocketAddress sqlSocket);

    /**
     * What the application calls itself, where that is known only after the router was asked.
     *
     * @param application for views, as {@link RouteRequest#application}
     */
    void named(String application);

    /** The application has gone, or gives up waiting. Idempotent. */
    @Override
    void close();
}
