package org.conmgr.log.syslog.internal;

import java.time.Instant;

/** How a chunk of a message goes over the wire. */
interface Format {
    /**
     * One datagram, or one piece of the stream.
     *
     * @param priority the PRI
     * @param messageId the id in the catalogue
     */
    byte[] frame(int priority, Instant at, String messageId, String chunk);
}
