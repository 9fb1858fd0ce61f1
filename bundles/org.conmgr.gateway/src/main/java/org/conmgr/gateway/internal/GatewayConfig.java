package org.conmgr.gateway.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The keys of {@value RelayGateway#PID}. */
@ObjectClassDefinition(
        id = RelayGateway.PID,
        name = "conmgr: gateway",
        description = "How the SQL connections of clients that do not know conmgr are relayed. A change takes effect at"
                + " once, for the next connection.")
@interface GatewayConfig {
    @AttributeDefinition(
            description = "Where a client goes that says nothing itself: any, read-write, read-only, primary, standby,"
                    + " prefer-standby or prefer-primary.")
    String target__session__attrs() default "primary";

    @AttributeDefinition(
            description = "How long one attempt to connect to an instance may take, and before it, where there is no"
                    + " address, to resolve its name; a bare number is in seconds.")
    String connect__timeout() default "2s";

    @AttributeDefinition(
            description =
                    "The IP address of this host to connect to instances from; empty for the system's choice. Where"
                            + " heartbeat has a local_address, the same, or the watchdog ends the wrong backends.")
    String local__address() default "";

    @AttributeDefinition(
            description = "passthrough: client and instance agree on TLS themselves. originate: clients of this host"
                    + " talk in plain text, the gateway talks TLS to the instance and checks its name.")
    String tls() default "passthrough";

    @AttributeDefinition(
            description = "PEM file with the certificates that vouch for the instances, for tls = originate; empty for"
                    + " those that Java trusts.")
    String tls__ca__file() default "";

    @AttributeDefinition(
            description = "Targets by the server name that a TLS client asks for, as in ro.db.example=standby;"
                    + " separated by commas.")
    String server__names() default "";

    @AttributeDefinition(
            description = "address: encrypted connections of one client address with one target share an instance, so"
                    + " encrypted cancel requests arrive. none: they are balanced as all others.")
    String tls__affinity() default "address";
}
