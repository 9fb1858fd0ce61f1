package org.conmgr.routing.internal;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;

/**
 * The settings of {@code org.conmgr.routing}.
 *
 * @param balancePolicy {@link org.conmgr.api.routing.BalancePolicy#name()}
 * @param routeWait how long a request waits for an instance; zero for not at all
 * @param maxLag how far a standby may be behind; zero for any
 * @param routePace how many of those that waited are sent to one instance in a second; 0 for all at once
 * @param flapWindow an instance that dies within this time of coming back is flapping
 * @param holdDown how long one that flaps is held down at first; zero for not at all
 * @param maxHoldDown how long at most
 */
record RoutingSettings(
        String balancePolicy,
        Duration routeWait,
        Duration maxLag,
        int routePace,
        Duration flapWindow,
        Duration holdDown,
        Duration maxHoldDown) {
    /** The PID, also where messages say a setting stands. */
    static final String PID = "org.conmgr.routing";

    static final RoutingSettings DEFAULT = new RoutingSettings(
            FewestConnectionsPolicy.NAME,
            Duration.ZERO,
            Duration.ZERO,
            1000,
            Duration.ofMinutes(5),
            Duration.ofSeconds(5),
            Duration.ofMinutes(5));

    private static final Duration LONGEST = Duration.ofDays(30);

    private static final Pattern NAME = Pattern.compile("[a-z0-9]+([-.][a-z0-9]+)*");

    /** @throws InvalidSetting for the first setting that cannot be used */
    static RoutingSettings of(RoutingConfig config) {
        String policy = config.balance__policy().strip();
        if (!NAME.matcher(policy).matches()) {
            throw new InvalidSetting("balance_policy", policy, "the name of a balance policy");
        }
        return new RoutingSettings(
                policy,
                Setting.time("route_wait", config.route__wait(), TimeUnit.SECONDS, Duration.ZERO),
                Setting.time("max_lag", config.max__lag(), TimeUnit.SECONDS, Duration.ZERO),
                Setting.integer("route_pace", config.route__pace(), 0, 1_000_000),
                span("flap_window", config.flap__window()),
                span("hold_down", config.hold__down()),
                span("max_hold_down", config.max__hold__down()));
    }

    private static Duration span(String key, String text) {
        Duration value = Setting.time(key, text, TimeUnit.SECONDS, Duration.ZERO);
        if (value.compareTo(LONGEST) > 0) {
            throw new InvalidSetting(key, text, "at most " + LONGEST.toDays() + "d");
        }
        return value;
    }
}
