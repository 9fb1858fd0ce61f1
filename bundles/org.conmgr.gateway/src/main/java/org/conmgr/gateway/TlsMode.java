package org.conmgr.gateway;

/** What the gateway does about TLS. */
public enum TlsMode {
    /** Client and instance agree on TLS between themselves; the gateway passes it through. */
    PASSTHROUGH,
    /**
     * The client, on the gateway's own host, talks in plain text; the gateway talks TLS to the instance and checks its
     * certificate and name.
     */
    ORIGINATE
}
