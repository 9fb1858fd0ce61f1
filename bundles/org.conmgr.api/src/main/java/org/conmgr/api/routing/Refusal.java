package org.conmgr.api.routing;

import java.util.List;
import org.conmgr.api.instance.ConfiguredInstance;

/**
 * No instance fits.
 *
 * @param sqlState 08001 for a driver that asks; a gateway turns it into 57P03
 * @param text {@code no instance with target_session_attrs=standby: 0 (primary, up), 1 (down: timed out 3.1 s ago)}
 * @param instances all that are configured, for drivers that keep a list of their own and may ask again
 */
public record Refusal(String sqlState, String text, List<ConfiguredInstance> instances) implements RouteAnswer {
    public Refusal {
        instances = List.copyOf(instances);
    }

    /** Names no instances. */
    public Refusal(String sqlState, String text) {
        this(sqlState, text, List.of());
    }
}
