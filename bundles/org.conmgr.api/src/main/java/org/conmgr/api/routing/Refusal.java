package org.conmgr.api.routing;

/**
 * No instance fits.
 *
 * @param sqlState 08001 for a driver that asks; a gateway turns it into 57P03
 * @param text {@code no instance with target_session_attrs=standby: 0 (primary, up), 1 (down: timed out 3.1 s ago)}
 */
public record Refusal(String sqlState, String text) implements RouteAnswer {}
