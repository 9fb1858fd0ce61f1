package org.conmgr.detector.phi.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The settings as the administrator writes them. */
@ObjectClassDefinition(
        name = "conmgr failure detector phi",
        description = "The phi-accrual failure detector, for failure_detector and shadow_failure_detector of"
                + " org.conmgr.heartbeat.")
public @interface PhiConfig {
    @AttributeDefinition(
            name = "threshold",
            description = "The suspicion at which a peer is given up, from 1 to 100: 8 is one error in 10^8 beats.")
    String threshold() default "8";

    @AttributeDefinition(
            name = "min_deviation",
            description = "The beats are never taken for more regular than this (seconds, or with a unit).")
    String min__deviation() default "50ms";

    @AttributeDefinition(
            name = "acceptable_pause",
            description =
                    "A pause that is borne on top: a lost packet is sent again after some 200 ms (seconds, or with"
                            + " a unit).")
    String acceptable__pause() default "200ms";

    @AttributeDefinition(name = "samples", description = "How many beats of each link are remembered, 10 to 10000.")
    String samples() default "200";
}
