package org.conmgr.listener.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The keys of {@value Listener#PID}. */
@ObjectClassDefinition(id = Listener.PID, name = "conmgr: port for applications")
@interface ListenerConfig {
    @AttributeDefinition(description = "The port on which applications connect to conmgr, 1 to 65535.")
    String port() default "27546";

    @AttributeDefinition(
            description = "The most connections of applications at one time; one more is closed without a message."
                    + " 0 for no limit.")
    String max__connections() default "0";

    @AttributeDefinition(
            description =
                    "Where to listen: localhost, IP addresses, or * for all addresses; separated by commas. Nowhere"
                            + " when empty, as a host with nothing but a watchdog may want it.")
    String listen__addresses() default "localhost";

    @AttributeDefinition(description = "How long a client may take to say what it wants; a bare number is in seconds.")
    String authentication__timeout() default "60s";
}
