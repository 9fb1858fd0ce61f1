package org.conmgr.heartbeat.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** PID {@code org.conmgr.heartbeat}. A time is a number of seconds, or a number with ms, s, min, h or d. */
@ObjectClassDefinition(id = "org.conmgr.heartbeat", name = "conmgr heartbeat")
@interface HeartbeatConfig {
    @AttributeDefinition(description = "The interval at which both ends of a link send beats.")
    String heartbeat__interval() default "10";

    @AttributeDefinition(description = "How long the other end may be silent before it is declared dead.")
    String heartbeat__timeout() default "20";

    @AttributeDefinition(description = "The time from one attempt to establish a link to the next.")
    String heartbeat__connect__interval() default "1";

    @AttributeDefinition(
            description =
                    "How long an attempt may last: name resolution, TCP, and the watchdog's first answer together.")
    String heartbeat__connect__timeout() default "10";

    @AttributeDefinition(
            description = "Decides how long a silence is borne, never longer than heartbeat_timeout: fixed (exactly"
                    + " that long), phi, or the name of a plug-in.")
    String failure__detector() default "fixed";

    @AttributeDefinition(
            description =
                    "Another one that only tells what it would have decided, in the log and in SHOW VERDICTS; empty"
                            + " for none.")
    String shadow__failure__detector() default "";

    @AttributeDefinition(
            description = "How long a watchdog that said it restarts may take to be back before what is known of its"
                    + " instance is no longer relied on.")
    String restart__grace() default "30";

    @AttributeDefinition(description = "The name this conmgr tells its watchdogs; empty for the host's name.")
    String conmgr__name() default "";

    @AttributeDefinition(
            description = "The local address links come from, which must be the one the applications' connections come"
                    + " from; empty to let the system choose.")
    String local__address() default "";
}
