package org.conmgr.log.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The PID {@code org.conmgr.log}. */
@ObjectClassDefinition(
        name = "conmgr log",
        description = "Where messages go and which of them. A change takes effect at once."
                + " Where there is a conmgr.conf, its log_destination and log_min_messages overrule the ones here.")
public @interface LogConfiguration {
    @AttributeDefinition(
            description = "Where messages are written: a list, separated by commas, of stderr, syslog (Linux), eventlog"
                    + " (Windows) and what else a sink is installed for.")
    String log__destination() default "stderr";

    @AttributeDefinition(
            description = "Where messages are written besides: the destinations of sinks of your own, which a"
                    + " conmgr.conf cannot name.")
    String more__destinations() default "";

    @AttributeDefinition(
            description = "Messages below this severity are not written; in ascending order DEBUG, INFO, NOTICE,"
                    + " WARNING, ERROR, LOG, FATAL, PANIC.")
    String log__min__messages() default "WARNING";
}
