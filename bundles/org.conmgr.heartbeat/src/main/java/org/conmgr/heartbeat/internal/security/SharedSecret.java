package org.conmgr.heartbeat.internal.security;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.conmgr.api.setting.InvalidSetting;
import org.jspecify.annotations.Nullable;

/**
 * A secret that both ends know and neither ever sends. Each end proves that it knows it by HMAC-SHA-256 over what only
 * this conversation has:
 *
 * <pre>
 *  "conmgr heartbeat link 1" 0 "conmgr" or "watchdog" 0
 *  Int32 n + n bytes   the TLS session it is bound to: SHA-256 of the watchdog's certificate; empty without TLS
 *  32 bytes            conmgr's nonce
 *  32 bytes            the watchdog's nonce
 *  rest                the Hello: id, heartbeat_interval, heartbeat_timeout, name
 * </pre>
 *
 * <p>Each end's nonce makes a recorded proof worthless to it, the role a proof that is sent back, the certificate one
 * that is passed on through another TLS session. The file may have several secrets, one a line: the first is the one to
 * prove with, all are accepted, so that a secret can be changed host by host.
 */
public final class SharedSecret {
    /** Who proves. */
    public enum Role {
        CONMGR("conmgr"),
        WATCHDOG("watchdog");

        private final String label;

        Role(String label) {
            this.label = label;
        }
    }

    /** Nonces and proofs are so many bytes; in memory they are hexadecimal text. */
    public static final int BYTES = 32;

    /** What a random secret of 96 bits has in base64: none that is shorter withstands guessing. */
    private static final int MIN_LENGTH = 16;

    private static final String CONTEXT = "conmgr heartbeat link 1";
    private static final String ALGORITHM = "HmacSHA256";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final List<SecretKeySpec> keys;

    private SharedSecret(List<SecretKeySpec> keys) {
        this.keys = keys;
    }

    /**
     * What one conversation proves against.
     *
     * @param binding the watchdog's certificate, hashed; empty without TLS
     * @param conmgrNonce hexadecimal
     * @param watchdogNonce hexadecimal
     * @param greeting what of the Hello is protected
     */
    public record Transcript(String binding, String conmgrNonce, String watchdogNonce, String greeting) {}

    /** A nonce, hexadecimal. */
    public static String nonce() {
        byte[] nonce = new byte[BYTES];
        RANDOM.nextBytes(nonce);
        return HexFormat.of().formatHex(nonce);
    }

    /**
     * Reads {@code secret_file}.
     *
     * @throws InvalidSetting if it cannot be used; the message never has any of its content
     */
    static SharedSecret read(Path file) {
        return of(file.toString(), new String(PrivateFile.readPrivate("secret_file", file), StandardCharsets.UTF_8));
    }

    static SharedSecret of(String file, String content) {
        List<SecretKeySpec> keys = new ArrayList<>();
        int number = 0;
        for (String line : content.split("\n", -1)) {
            number++;
            String secret = line.strip();
            if (secret.isEmpty() || secret.startsWith("#")) {
                continue;
            }
            if (secret.length() < MIN_LENGTH) {
                throw new InvalidSetting(
                        "secret_file",
                        file + " with " + secret.length() + " characters in line " + number,
                        "at least " + MIN_LENGTH + "; \"openssl rand -base64 32\" makes a secret");
            }
            keys.add(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
        }
        if (keys.isEmpty()) {
            throw new InvalidSetting(
                    "secret_file", file + " without a secret", "one; \"openssl rand -base64 32\" makes one");
        }
        return new SharedSecret(keys);
    }

    /** The same secret alone that a proof was made with, to answer with; null if the proof is not right. */
    public @Nullable SharedSecret verified(Role role, Transcript transcript, String proof) {
        byte[] given = HexFormat.of().parseHex(proof);
        SharedSecret found = null;
        for (SecretKeySpec key : keys) {
            // All are tried, so that the time taken tells nothing.
            if (MessageDigest.isEqual(mac(key, role, transcript), given)) {
                found = new SharedSecret(List.of(key));
            }
        }
        return found;
    }

    /** Whether the proof was made with the secret that {@link #prove} uses. */
    public boolean verifies(Role role, Transcript transcript, String proof) {
        return new SharedSecret(keys.subList(0, 1)).verified(role, transcript, proof) != null;
    }

    /** The proof that this end knows the secret, hexadecimal. */
    public String prove(Role role, Transcript transcript) {
        return HexFormat.of().formatHex(mac(keys.get(0), role, transcript));
    }

    private static byte[] mac(SecretKeySpec key, Role role, Transcript transcript) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update((CONTEXT + '\0' + role.label + '\0').getBytes(StandardCharsets.US_ASCII));
            byte[] binding = HexFormat.of().parseHex(transcript.binding());
            mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(binding.length).array());
            mac.update(binding);
            mac.update(HexFormat.of().parseHex(transcript.conmgrNonce()));
            mac.update(HexFormat.of().parseHex(transcript.watchdogNonce()));
            return mac.doFinal(transcript.greeting().getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // Every Java platform has HMAC-SHA-256.
        }
    }

    /** Never the secret. */
    @Override
    public String toString() {
        return "a shared secret";
    }
}
