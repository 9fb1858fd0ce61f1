package org.conmgr.routing.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The settings as the administrator writes them. */
@ObjectClassDefinition(
        name = "conmgr routing",
        description = "Which of several instances a connection is sent to. Every change takes effect at once, for new"
                + " connections; open ones stay.")
public @interface RoutingConfig {
    @AttributeDefinition(
            name = "balance_policy",
            description = "Chooses among several instances that fit: fewest-connections, round-robin, random, or the"
                    + " name of a plug-in.")
    String balance__policy() default "fewest-connections";

    @AttributeDefinition(
            name = "route_wait",
            description = "How long a connection waits for an instance that fits before it is refused (seconds, or"
                    + " with a unit); 0 refuses at once.")
    String route__wait() default "0";

    @AttributeDefinition(
            name = "max_lag",
            description = "A standby further behind than this, or not known how far, is not used: not at all where a"
                    + " standby is required, last of all where any will do (seconds, or with a unit); 0 sets no bound.")
    String max__lag() default "0";

    @AttributeDefinition(
            name = "route_pace",
            description = "How many of the connections that have waited for an instance are sent there in a second, so"
                    + " that they do not storm it; the first ones go at once, the last ones after 2 s at most; 0 sends"
                    + " all at once.")
    String route__pace() default "1000";

    @AttributeDefinition(
            name = "flap_window",
            description = "An instance that dies again within this time of coming back is flapping (seconds, or with a"
                    + " unit).")
    String flap__window() default "5min";

    @AttributeDefinition(
            name = "hold_down",
            description =
                    "How long an instance that flaps is used only where no other will do when it is back; each time"
                            + " twice as long as the time before (seconds, or with a unit); 0 never holds down.")
    String hold__down() default "5s";

    @AttributeDefinition(
            name = "max_hold_down",
            description = "The longest time that an instance is held down (seconds, or with a unit).")
    String max__hold__down() default "5min";
}
