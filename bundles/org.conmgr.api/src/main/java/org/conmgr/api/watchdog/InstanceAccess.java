package org.conmgr.api.watchdog;

import java.util.Map;

/**
 * How a watchdog reaches its own instance.
 *
 * @param url {@code jdbc:postgresql://...}
 * @param properties user, password and any further connection property; never shown
 */
public record InstanceAccess(String url, Map<String, String> properties) {
    public InstanceAccess {
        properties = Map.copyOf(properties);
    }

    /** The URL and the names of the properties, never their values. */
    @Override
    public String toString() {
        return url + " " + properties.keySet();
    }
}
