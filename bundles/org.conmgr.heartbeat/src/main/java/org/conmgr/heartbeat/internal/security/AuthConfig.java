package org.conmgr.heartbeat.internal.security;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** PID {@code org.conmgr.auth}. */
@ObjectClassDefinition(id = "org.conmgr.auth", name = "conmgr authentication")
@interface AuthConfig {
    @AttributeDefinition(
            description =
                    "required demands of every peer what is configured here and in org.conmgr.tls, and with neither"
                            + " links only within the host; trust demands nothing.")
    String auth() default "required";

    @AttributeDefinition(
            description =
                    "A file with the secret that conmgrs and watchdogs share, closed to group and others; empty for"
                            + " none.")
    String secret__file() default "";
}
