package org.conmgr.routing.internal;

import java.time.Duration;

/** Sets {@code route_wait} as configuration does, for tests outside this package. */
public final class RouteWait {
    private RouteWait() {}

    public static void set(Switchboard board, Duration wait) {
        RoutingSettings other = RoutingSettings.DEFAULT;
        board.settings(new RoutingSettings(
                other.balancePolicy(),
                wait,
                other.maxLag(),
                other.routePace(),
                other.flapWindow(),
                other.holdDown(),
                other.maxHoldDown()));
    }
}
