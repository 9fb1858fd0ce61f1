package org.conmgr.console.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The keys of {@value ConsoleAccess#PID}. */
@ObjectClassDefinition(id = ConsoleAccess.PID, name = "conmgr: console")
@interface ConsoleConfig {
    @AttributeDefinition(
            description =
                    "Who may use the console from other hosts, after SCRAM-SHA-256; nobody when empty. Connections"
                            + " from conmgr's own host need no password.")
    String user() default "";

    @AttributeDefinition(
            description = "The user's password as PostgreSQL keeps it: SCRAM-SHA-256$4096:salt$StoredKey:ServerKey.")
    String password() default "";

    @AttributeDefinition(
            description = "A file whose first line is the password, as it is or as PostgreSQL keeps it; nobody but its"
                    + " owner may read it.")
    String password__file() default "";
}
