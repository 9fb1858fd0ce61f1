package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScramTest {
    // RFC 7677, 3.
    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String NONCE = CLIENT_NONCE + SERVER_NONCE;
    private static final String CLIENT_FIRST = "n,,n=user,r=" + CLIENT_NONCE;
    private static final String PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private static final String CLIENT_FINAL = "c=biws,r=" + NONCE + ",p=" + PROOF;

    private static ScramVerifier verifier(String password) {
        return ScramVerifier.of(password, Base64.getDecoder().decode(SALT), 4096);
    }

    private final ScramExchange exchange = new ScramExchange(verifier("pencil"), SERVER_NONCE);

    @Test
    void speaksAsInTheRfc() throws Exception {
        assertThat(exchange.first(CLIENT_FIRST)).isEqualTo("r=" + NONCE + ",s=" + SALT + ",i=4096");
        assertThat(exchange.last(CLIENT_FINAL)).contains("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    @Test
    void anotherPasswordHasAnotherProof() throws Exception {
        ScramExchange other = new ScramExchange(verifier("pencils"), SERVER_NONCE);
        other.first(CLIENT_FIRST);
        assertThat(other.last(CLIENT_FINAL)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32, 33, 100})
    void aUserThatIsNoneLooksLikeTheOneThereIs(int saltBytes) throws Exception {
        ScramVerifier real = ScramVerifier.of("pencil", new byte[saltBytes], 5_000 + saltBytes);
        ScramVerifier mock = real.mock("user");
        assertThat(mock.iterations()).isEqualTo(5_000 + saltBytes);
        assertThat(Base64.getDecoder().decode(mock.salt())).hasSize(saltBytes);
        assertThat(mock.salt()).isNotEqualTo(real.salt());
        assertThat(real.mock("user").salt()).isEqualTo(mock.salt());
        assertThat(ScramVerifier.of("pencil", new byte[saltBytes], 5_000 + saltBytes)
                        .mock("user")
                        .salt())
                .as("in another process")
                .isEqualTo(mock.salt());
        ScramExchange none = new ScramExchange(mock, SERVER_NONCE);
        none.first(CLIENT_FIRST);
        assertThat(none.last(CLIENT_FINAL)).isEmpty();
    }

    @Test
    void usersThatAreNoneDiffer() {
        ScramVerifier real = verifier("pencil");
        assertThat(real.mock("user").salt()).isNotEqualTo(real.mock("other").salt());
        assertThat(real.mock("\u6771").salt()).isNotEqualTo(real.mock("\u4eac").salt());
        assertThat(verifier("pencils").mock("user").salt())
                .isNotEqualTo(real.mock("user").salt());
    }

    @Test
    void nonceAndBindingMustBeThoseOfBefore() throws Exception {
        exchange.first(CLIENT_FIRST);
        for (String last : new String[] {
            CLIENT_FINAL.replace("biws", "eSws"),
            CLIENT_FINAL.replace("k0", "k1"),
            CLIENT_FINAL.replace(PROOF, PROOF.substring(4)),
            CLIENT_FINAL.replace(",p=", ",q="),
            ""
        }) {
            assertThatThrownBy(() -> exchange.last(last)).isInstanceOf(ScramExchange.Malformed.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n,,",
                "n,a=admin,n=user,r=x",
                "p=tls-server-end-point,,n=user,r=x",
                "n,,m=ext,n=user,r=x",
                "n,,n=user,r=",
                "n,,n=user,r=a b",
                "x,,n=user,r=x"
            })
    void aFirstMessageThatDoesNotFitIsRefused(String first) {
        assertThatThrownBy(() -> exchange.first(first)).isInstanceOf(ScramExchange.Malformed.class);
    }

    @Test
    void takesWhatLibpqAndClientsThatCouldBindSend() throws Exception {
        assertThat(exchange.first("n,,n=,r=" + CLIENT_NONCE)).startsWith("r=" + NONCE);
        assertThat(new ScramExchange(verifier("pencil"), SERVER_NONCE).first("y,,n=*,r=abc,x=later"))
                .startsWith("r=abc" + SERVER_NONCE);
    }

    @Test
    void readsPostgresqlsVerifiers() throws Exception {
        ScramVerifier parsed = ScramVerifier.parse(ConsoleAccessTest.VERIFIER).orElseThrow();
        ScramVerifier made = ScramVerifier.of("secret", Base64.getDecoder().decode(parsed.salt()), 4096);
        assertThat(parsed.iterations()).isEqualTo(4096);
        assertThat(parsed.storedKey().hmac("x")).isEqualTo(made.storedKey().hmac("x"));
        assertThat(parsed.serverKey().hmac("x")).isEqualTo(made.serverKey().hmac("x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "md5a3556571e93b0d20722ba62be61e8c2d",
                "SCRAM-SHA-256$4096:c2FsdA==$AAAA:AAAA",
                "SCRAM-SHA-256$0:c2FsdA==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
                "SCRAM-SHA-256$4096:====$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
                "SCRAM-SHA-1$4096:c2FsdA==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
            })
    void whatIsNoVerifierIsNone(String text) {
        assertThat(ScramVerifier.parse(text)).isEmpty();
    }
}
