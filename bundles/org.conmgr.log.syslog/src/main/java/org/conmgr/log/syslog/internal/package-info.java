/**
 * The sink that writes to syslog: the local one through its socket, as PostgreSQL does, or as an extension a remote one
 * by RFC 5424 over UDP, TCP or TLS.
 *
 * <p>A message is divided as PostgreSQL divides it, since many a syslog cuts off or garbles what is long: one syslog
 * message for each line, at most 900 bytes long, headed {@code [12-3]} for the third piece of the twelfth message.
 */
@NullMarked
package org.conmgr.log.syslog.internal;

import org.jspecify.annotations.NullMarked;
