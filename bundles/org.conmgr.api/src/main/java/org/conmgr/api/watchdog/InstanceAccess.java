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

    /** The URL without its own properties, and the names of the others: never a value. */
    @Override
    public String toString() {
        int query = url.indexOf('?');
        return (query < 0 ? url : url.substring(0, query + 1) + "...") + " " + properties.keySet();
    }
}
