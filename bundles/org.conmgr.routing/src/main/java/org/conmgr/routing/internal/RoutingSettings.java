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
 */
record RoutingSettings(String balancePolicy, Duration routeWait, Duration maxLag) {
    /** The PID, also where messages say a setting stands. */
    static final String PID = "org.conmgr.routing";

    static final RoutingSettings DEFAULT =
            new RoutingSettings(FewestConnectionsPolicy.NAME, Duration.ZERO, Duration.ZERO);

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
                Setting.time("max_lag", config.max__lag(), TimeUnit.SECONDS, Duration.ZERO));
    }
}
