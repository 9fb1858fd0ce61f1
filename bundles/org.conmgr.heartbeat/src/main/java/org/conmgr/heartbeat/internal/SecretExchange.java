package org.conmgr.heartbeat.internal;

import java.util.Map;
import org.conmgr.heartbeat.internal.Packet.Challenge;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.Packet.Proof;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.jspecify.annotations.Nullable;

/**
 * conmgr's half of the exchange of the shared secret, on one connection: its nonce goes out with the Hello, its Proof
 * answers the watchdog's Challenge, and the watchdog's Proof ends it.
 */
final class SecretExchange {
    private final Terms terms;

    /** What our Proof was of, from the Challenge on. */
    private SharedSecret.@Nullable Transcript challenged;

    private boolean proven;

    /**
     * @param terms of the connection
     */
    SecretExchange(Terms terms) {
        this.terms = terms;
    }

    /** What a Hello on this connection has of it. */
    Map<String, String> options() {
        return terms.secret() == null ? Map.of() : Map.of(Hello.NONCE, terms.nonce());
    }

    /**
     * Our Proof.
     *
     * @param greeting the first Hello of the connection; null before it
     * @return null for a Challenge that was not asked for
     */
    @Nullable
    Proof answer(@Nullable Hello greeting, Challenge challenge) {
        SharedSecret secret = terms.secret();
        if (secret == null || greeting == null || challenged != null) {
            return null;
        }
        SharedSecret.Transcript transcript = terms.transcript(greeting, terms.nonce(), challenge.nonce());
        challenged = transcript;
        return new Proof(secret.prove(SharedSecret.Role.CONMGR, transcript));
    }

    /** Whether the watchdog is to prove now; a Proof at any other time was not asked for. */
    boolean awaitsProof() {
        return challenged != null && !proven;
    }

    /** Whether the Proof that is awaited is right. */
    boolean verify(Proof proof) {
        SharedSecret secret = terms.secret();
        SharedSecret.Transcript transcript = challenged;
        proven = secret != null
                && transcript != null
                && secret.verifies(SharedSecret.Role.WATCHDOG, transcript, proof.mac());
        return proven;
    }

    /** Whether the watchdog has proved that it has the secret. */
    boolean proven() {
        return proven;
    }

    /** Whether this can be a link: the watchdog has proved what it must, and finished what it began. */
    boolean complete() {
        return proven || !(terms.secretRequired() || challenged != null);
    }
}
