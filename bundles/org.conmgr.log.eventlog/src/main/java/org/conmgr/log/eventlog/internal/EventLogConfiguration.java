package org.conmgr.log.eventlog.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The PID {@code org.conmgr.log.eventlog}. */
@ObjectClassDefinition(
        name = "conmgr log eventlog",
        description = "How messages are written to the event log of Windows, where log_destination names eventlog."
                + " A change takes effect at once. Where there is a conmgr.conf, it overrules what is here.")
public @interface EventLogConfiguration {
    @AttributeDefinition(
            description = "The event source that identifies the messages of conmgr;"
                    + " docs/windows-event-log.md tells how to register it.")
    String event__source() default "conmgr";
}
