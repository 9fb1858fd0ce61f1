package org.conmgr.heartbeat.internal;

import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.jspecify.annotations.Nullable;

/**
 * On what one end makes this connection a link.
 *
 * @param objection why it does not, whatever the peer says; else null
 * @param secret to prove with, and for the peer to prove; null for none
 * @param secretRequired whether the peer must
 * @param binding the watchdog's certificate, hashed, hexadecimal; empty without TLS
 * @param nonce this end's, for this connection alone, hexadecimal
 */
record Terms(
        @Nullable String objection,
        @Nullable SharedSecret secret,
        boolean secretRequired,
        String binding,
        String nonce) {
    /** No objection and nothing demanded. */
    static final Terms NONE = new Terms(null, null, false, "", "");

    /** What both ends prove against. */
    SharedSecret.Transcript transcript(Hello hello, String conmgrNonce, String watchdogNonce) {
        return new SharedSecret.Transcript(
                binding,
                conmgrNonce,
                watchdogNonce,
                hello.id() + " " + hello.intervalMillis() + " " + hello.timeoutMillis() + " " + hello.name());
    }
}
