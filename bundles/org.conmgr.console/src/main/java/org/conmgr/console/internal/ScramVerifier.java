package org.conmgr.console.internal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.spec.KeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a server keeps of a password for SCRAM-SHA-256 (RFC 5802, 3; RFC 7677): enough to check who knows it, not enough
 * to log in with. PostgreSQL's form of it: {@code SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey} (scram-common.c).
 *
 * @param salt in Base64, as it is sent
 */
record ScramVerifier(int iterations, String salt, Key storedKey, Key serverKey) {
    static final String PREFIX = "SCRAM-SHA-256$";

    private static final int ITERATIONS = 4096;
    private static final int SALT_BYTES = 16;
    private static final int KEY_BYTES = 32;

    private static final Pattern FORM = Pattern.compile(
            Pattern.quote(PREFIX) + "(\\d{1,9}):([A-Za-z0-9+/=]+)\\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The bytes of a key; never shown. */
    static final class Key {
        private final byte[] bytes;

        private Key(byte[] bytes) {
            this.bytes = bytes;
        }

        /** @param text each character a byte */
        byte[] hmac(String text) {
            return ScramVerifier.hmac(bytes, text.getBytes(StandardCharsets.ISO_8859_1));
        }

        /** In constant time. */
        boolean is(byte[] other) {
            return MessageDigest.isEqual(bytes, other);
        }
    }

    /** Of PostgreSQL's form; empty when the text is none. */
    static Optional<ScramVerifier> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            int iterations = Integer.parseInt(matcher.group(1));
            byte[] salt = Base64.getDecoder().decode(matcher.group(2));
            byte[] stored = Base64.getDecoder().decode(matcher.group(3));
            byte[] server = Base64.getDecoder().decode(matcher.group(4));
            return iterations < 1 || salt.length == 0 || stored.length != KEY_BYTES || server.length != KEY_BYTES
                    ? Optional.empty()
                    : Optional.of(new ScramVerifier(iterations, matcher.group(2), new Key(stored), new Key(server)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Of a password of ASCII characters, with a salt of its own. */
    static ScramVerifier ofPassword(String password) {
        return of(password, random(SALT_BYTES), ITERATIONS);
    }

    static ScramVerifier of(String password, byte[] salt, int iterations) {
        try {
            KeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, 8 * KEY_BYTES);
            byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            byte[] stored = sha256(hmac(salted, "Client Key".getBytes(StandardCharsets.US_ASCII)));
            byte[] server = hmac(salted, "Server Key".getBytes(StandardCharsets.US_ASCII));
            return new ScramVerifier(
                    iterations, Base64.getEncoder().encodeToString(salt), new Key(stored), new Key(server));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * One that no password fits, for a user that is none. It looks like this one, a real user's: as many iterations, as
     * long a salt, which stays the same as long as that of this one does.
     */
    ScramVerifier mock(String user) {
        byte[] mocked = new byte[Base64.getDecoder().decode(salt).length];
        for (int from = 0; from < mocked.length; from += KEY_BYTES) {
            byte[] part = storedKey.hmac("mock salt " + from + " " + hex(user));
            System.arraycopy(part, 0, mocked, from, Math.min(KEY_BYTES, mocked.length - from));
        }
        return new ScramVerifier(
                iterations,
                Base64.getEncoder().encodeToString(mocked),
                new Key(random(KEY_BYTES)),
                new Key(random(KEY_BYTES)));
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Unguessable bytes. */
    static byte[] random(int count) {
        byte[] bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, byte[] text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
