package org.conmgr.gateway.odbc.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The keys of {@value OdbcPort#PID}. */
@ObjectClassDefinition(
        id = OdbcPort.PID,
        name = "conmgr: port of the gateway for ODBC",
        description = "A port of its own for one target, for the data sources of psqlODBC.")
@interface OdbcPortConfig {
    @AttributeDefinition(description = "The port, 1 to 65535.")
    String port() default "";

    @AttributeDefinition(
            description = "Where its clients go: any, read-write, read-only, primary, standby, prefer-standby or"
                    + " prefer-primary; empty where each client says so itself.")
    String target__session__attrs() default "";

    @AttributeDefinition(
            description = "Where to listen: localhost, IP addresses, or * for all addresses; separated by commas.")
    String listen__addresses() default "localhost";

    @AttributeDefinition(description = "passthrough or originate; empty for what org.conmgr.gateway says.")
    String tls() default "";
}
