package org.conmgr.console.internal;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The server's part of one login by SCRAM-SHA-256, without channel binding (RFC 5802, 5 and 7). The name in the
 * client's message is ignored, as PostgreSQL does: who logs in stands in the StartupMessage. Messages have each byte as a
 * character.
 */
final class ScramExchange {
    /** What the client sent is no SCRAM message that fits here. The text says what was expected. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message, null, false, false);
        }

        String message() {
            return String.valueOf(getMessage());
        }
    }

    static final String MECHANISM = "SCRAM-SHA-256";

    private static final int NONCE_BYTES = 18;

    /** {@code gs2-header client-first-message-bare}, without authzid and mandatory extensions. */
    private static final Pattern FIRST =
            Pattern.compile("(?<gs2>[ny],,)(?<bare>n=[^,]*,r=(?<nonce>[\\x21-\\x2b\\x2d-\\x7e]+)(?:,.*)?)");

    private static final Pattern FINAL =
            Pattern.compile("(?<without>c=(?<binding>[^,]*),r=(?<nonce>[^,]*)(?:,.*)?),p=(?<proof>[A-Za-z0-9+/]{43}=)");

    private final ScramVerifier verifier;
    private final String ownNonce;
    private String binding = "";
    private String nonce = "";
    private String messages = "";

    ScramExchange(ScramVerifier verifier) {
        this(verifier, Base64.getEncoder().encodeToString(ScramVerifier.random(NONCE_BYTES)));
    }

    ScramExchange(ScramVerifier verifier, String ownNonce) {
        this.verifier = verifier;
        this.ownNonce = ownNonce;
    }

    /** Takes the client's first message and returns the server's. */
    String first(String message) throws Malformed {
        Matcher first = FIRST.matcher(message);
        if (!first.matches()) {
            throw new Malformed("a SCRAM message that does not begin with n,,n=,r= or y,,n=,r=");
        }
        binding = Base64.getEncoder().encodeToString(first.group("gs2").getBytes(StandardCharsets.US_ASCII));
        nonce = first.group("nonce") + ownNonce;
        String answer = "r=" + nonce + ",s=" + verifier.salt() + ",i=" + verifier.iterations();
        messages = first.group("bare") + "," + answer;
        return answer;
    }

    /** Takes the client's final message and returns the server's; empty when the password was another one. */
    Optional<String> last(String message) throws Malformed {
        Matcher last = FINAL.matcher(message);
        if (!last.matches()) {
            throw new Malformed("a SCRAM message that is not c=,r=,p=");
        }
        if (!last.group("binding").equals(binding) || !last.group("nonce").equals(nonce)) {
            throw new Malformed("a SCRAM message with another nonce or channel binding than before");
        }
        String signed = messages + "," + last.group("without");
        byte[] clientKey = verifier.storedKey().hmac(signed);
        byte[] proof = Base64.getDecoder().decode(last.group("proof"));
        for (int i = 0; i < clientKey.length; i++) {
            clientKey[i] ^= proof[i];
        }
        return verifier.storedKey().is(ScramVerifier.sha256(clientKey))
                ? Optional.of("v="
                        + Base64.getEncoder()
                                .encodeToString(verifier.serverKey().hmac(signed)))
                : Optional.empty();
    }
}
