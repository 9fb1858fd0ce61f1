package org.conmgr.heartbeat.internal.security;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** PID {@code org.conmgr.tls}. Files are PEM; relative paths begin at the conmgr directory. */
@ObjectClassDefinition(id = "org.conmgr.tls", name = "conmgr TLS")
@interface TlsConfig {
    @AttributeDefinition(
            description = "This host's certificate, followed by those of intermediate authorities if there are any;"
                    + " empty for no TLS.")
    String certificate() default "";

    @AttributeDefinition(
            description = "The certificate's private key, without a passphrase (PKCS #8), closed to group and others.")
    String key() default "";

    @AttributeDefinition(description = "The certificates of the authorities whose certificates are accepted.")
    String ca() default "";

    @AttributeDefinition(
            description = "For a watchdog: which certificates of conmgrs are accepted, by common name or DNS name,"
                    + " separated by commas; empty for all that the authorities have signed.")
    String allowed__names() default "";
}
