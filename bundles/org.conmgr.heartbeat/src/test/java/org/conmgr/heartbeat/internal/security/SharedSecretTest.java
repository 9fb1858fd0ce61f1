package org.conmgr.heartbeat.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.heartbeat.internal.security.SharedSecret.Role;
import org.conmgr.heartbeat.internal.security.SharedSecret.Transcript;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

public class SharedSecretTest {
    /** For the tests of links. */
    public static final SharedSecret SECRET = SharedSecret.of("file", "a secret for tests of links");

    private static final Transcript TRANSCRIPT = new Transcript("00ff", nonce("c"), nonce("w"), "hello");

    /** A nonce that is the same for the same seed. */
    public static String nonce(String seed) {
        byte[] nonce = new byte[SharedSecret.BYTES];
        new Random(seed.hashCode()).nextBytes(nonce);
        return HexFormat.of().formatHex(nonce);
    }

    @Test
    void whoeverKnowsTheSecretCanProveIt() {
        String proof = SECRET.prove(Role.CONMGR, TRANSCRIPT);
        assertThat(SECRET.verified(Role.CONMGR, TRANSCRIPT, proof)).isNotNull();
        assertThat(SECRET.verifies(Role.CONMGR, TRANSCRIPT, proof)).isTrue();
        assertThat(SharedSecret.of("file", "another secret for tests").verified(Role.CONMGR, TRANSCRIPT, proof))
                .isNull();
    }

    /** HMAC-SHA-256 over the bytes that the class describes, computed by another program. */
    @Test
    void theProofIsAsDescribed() {
        Transcript known = new Transcript("0102", "11".repeat(32), "22".repeat(32), "hello");
        assertThat(SharedSecret.of("file", "0123456789abcdef").prove(Role.WATCHDOG, known))
                .isEqualTo("6409a0fe1ea201ed00f1d1f76bb66d72e3a659b31150f0e8f0fc8e971ba13d0e");
    }

    static List<Transcript> others() {
        return List.of(
                new Transcript("", nonce("c"), nonce("w"), "hello"),
                new Transcript("00fe", nonce("c"), nonce("w"), "hello"),
                new Transcript("00ff", nonce("other"), nonce("w"), "hello"),
                new Transcript("00ff", nonce("c"), nonce("other"), "hello"),
                new Transcript("00ff", nonce("w"), nonce("c"), "hello"),
                new Transcript("00ff", nonce("c"), nonce("w"), "Hello"));
    }

    @ParameterizedTest
    @MethodSource("others")
    void aProofIsWorthNothingInAnotherConversation(Transcript other) {
        String proof = SECRET.prove(Role.CONMGR, TRANSCRIPT);
        assertThat(SECRET.verified(Role.CONMGR, other, proof)).isNull();
        assertThat(SECRET.verifies(Role.CONMGR, other, proof)).isFalse();
    }

    @Test
    void aProofSentBackIsWorthNothing() {
        String proof = SECRET.prove(Role.CONMGR, TRANSCRIPT);
        assertThat(SECRET.verified(Role.WATCHDOG, TRANSCRIPT, proof)).isNull();
    }

    /** A secret is changed host by host: watchdogs know both for a while and answer with the one they were shown. */
    @Test
    void severalSecretsMakeAChangePossible() {
        SharedSecret older = SharedSecret.of("file", "the secret of last year");
        SharedSecret both = SharedSecret.of("file", "# new\nthe secret of this year\n\nthe secret of last year\n");
        SharedSecret newer = SharedSecret.of("file", "  the secret of this year \n");
        for (SharedSecret conmgr : List.of(older, newer)) {
            SharedSecret shown = both.verified(Role.CONMGR, TRANSCRIPT, conmgr.prove(Role.CONMGR, TRANSCRIPT));
            assertThat(shown).isNotNull();
            assertThat(conmgr.verifies(Role.WATCHDOG, TRANSCRIPT, shown.prove(Role.WATCHDOG, TRANSCRIPT)))
                    .isTrue();
        }
    }

    static Stream<String> useless() {
        return Stream.of("", "\n\n", "# only a comment of some length", "tooshort", "a secret that is long\ntooshort");
    }

    @ParameterizedTest
    @MethodSource("useless")
    void aSecretThatCanBeGuessedIsNotTakenAndNotShown(String content) {
        assertThatThrownBy(() -> SharedSecret.of("/etc/secret", content))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("/etc/secret")
                .hasMessageContaining("openssl rand -base64 32")
                .hasMessageNotContaining("tooshort");
    }

    @Test
    void aFileThatOthersCanReadIsNotTaken(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("secret"), "a secret in an open file");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> SharedSecret.read(file))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("rw-r--r--")
                .hasMessageContaining("chmod 0600")
                .hasMessageNotContaining("a secret in");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThat(SharedSecret.read(file).toString()).isEqualTo("a shared secret");
    }

    @Test
    void noncesAreNeverTheSame() {
        assertThat(Stream.generate(SharedSecret::nonce).limit(1000)).doesNotHaveDuplicates();
    }
}
