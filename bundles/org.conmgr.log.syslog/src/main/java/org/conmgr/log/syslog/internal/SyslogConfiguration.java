package org.conmgr.log.syslog.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The PID {@code org.conmgr.log.syslog}. */
@ObjectClassDefinition(
        name = "conmgr log syslog",
        description = "How messages are written to syslog, where log_destination names it."
                + " A change takes effect at once. Where there is a conmgr.conf, its syslog_facility and syslog_ident overrule"
                + " the ones here.")
public @interface SyslogConfiguration {
    @AttributeDefinition(description = "The facility of every message: LOCAL0 to LOCAL7.")
    String syslog__facility() default "LOCAL0";

    @AttributeDefinition(description = "The program name that identifies the messages of conmgr.")
    String syslog__ident() default "conmgr";

    @AttributeDefinition(description = "The socket of the local syslog.")
    String syslog__path() default "/dev/log";

    @AttributeDefinition(
            description = "A remote syslog to write to (RFC 5424) in place of the local one: udp://host:514,"
                    + " tcp://host:514 or tls://host:6514.")
    String syslog__server() default "";

    @AttributeDefinition(
            description = "The PEM file of the certificates that a tls:// server's is checked against; without it,"
                    + " those that Java trusts.")
    String syslog__ca__file() default "";
}
