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
            description = "A standby further behind than this is not used: not at all where a standby is required,"
                    + " last of all where any will do (seconds, or with a unit); 0 sets no bound.")
    String max__lag() default "0";
}
