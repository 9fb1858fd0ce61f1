package org.conmgr.heartbeat.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Factory PID {@code org.conmgr.instance}; the instance number is the name behind the {@code ~}. */
@ObjectClassDefinition(id = "org.conmgr.instance", name = "conmgr instance")
@interface InstanceConfig {
    @AttributeDefinition(description = "The host name or IP address of the instance.")
    String backend__host() default "";

    @AttributeDefinition(
            description = "The IP address of the instance, used instead of backend_host without any name resolution.")
    String backend__hostaddr() default "";

    @AttributeDefinition(description = "The port the postmaster of the instance listens on.")
    String backend__port() default "27500";

    @AttributeDefinition(description = "The port the watchdog of the instance listens on.")
    String watchdog__port() default "27545";
}
