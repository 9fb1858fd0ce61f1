package org.conmgr.heartbeat.internal.security;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What protects links made now.
 *
 * @param tls null for no TLS
 * @param allowedNames of conmgrs' certificates, in lower case; empty for all
 * @param secret null for none
 * @param trust {@code auth = trust}: nothing is demanded
 * @param invalid why the settings cannot be used: then there are no links at all; null if they can
 */
public record Protection(
        @Nullable MutualTls tls,
        Set<String> allowedNames,
        @Nullable SharedSecret secret,
        boolean trust,
        @Nullable String invalid) {
    /** Nothing is configured. */
    static final Protection NONE = new Protection(null, Set.of(), null, false, null);

    public Protection {
        allowedNames = Set.copyOf(allowedNames);
    }

    /** Whether the secret is demanded. */
    public boolean secretRequired() {
        return secret != null && !trust;
    }

    /** Why a conmgr must not connect to this address, before any byte is sent; null if it may. */
    public @Nullable String objectionTo(InetAddress watchdog) {
        return objection(watchdog, "the watchdog is on another host");
    }

    /**
     * Why a watchdog must not serve this peer, whatever it says; null if it may.
     *
     * @param encrypted over TLS
     * @param names of the peer's certificate; null without one
     */
    public @Nullable String objectionTo(InetAddress conmgr, boolean encrypted, @Nullable List<String> names) {
        String objection = objection(conmgr, "the conmgr is on another host");
        if (objection != null || trust || tls == null) {
            return objection;
        }
        if (!encrypted) {
            return "this watchdog wants TLS: set certificate, key and ca in org.conmgr.tls";
        }
        if (!allowedNames.isEmpty()
                && (names == null
                        || names.stream()
                                .map(name -> name.toLowerCase(Locale.ROOT))
                                .noneMatch(allowedNames::contains))) {
            return "no name of its certificate, " + names + ", is in the watchdog's allowed_names";
        }
        return null;
    }

    private @Nullable String objection(InetAddress peer, String what) {
        if (invalid != null) {
            return "its settings are not valid: " + invalid;
        }
        if (tls == null && secret == null && !trust && !peer.isLoopbackAddress()) {
            return what
                    + ", so both need certificates (org.conmgr.tls) or a shared secret (org.conmgr.auth), or auth = trust";
        }
        return null;
    }
}
