package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.conmgr.api.log.Message;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class ConsoleAccessTest {
    /** Of PostgreSQL 15: {@code ALTER ROLE ... PASSWORD 'secret'}, read from pg_authid. */
    static final String VERIFIER = "SCRAM-SHA-256$4096:89xx+l0jElXLifCevec9/w=="
            + "$AdDtxQIU96J/pkMttb+kdWnwm0XKGMAiv4sx22Txxvg=:TCGgLXWBwJUtdJbNUTfQoCvmtbgR24/nA/Txnc9fhQo=";

    private final Path file;

    ConsoleAccessTest(@TempDir Path directory) {
        file = directory.resolve("password");
    }

    private static ConsoleConfig config(Map<String, String> settings) {
        return Configs.of(ConsoleConfig.class, settings);
    }

    private void write(String text, String permissions) throws Exception {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private ConsoleConfig withFile() {
        return config(Map.of("user", "monitor", "password_file", file.toString()));
    }

    @Test
    void nobodyUnlessConfigured() {
        assertThat(ConsoleAccess.user(config(Map.of()))).isEmpty();
    }

    @Test
    void aVerifierIsTheKeptFormOfAPassword() throws Exception {
        ConsoleAccess.User user = ConsoleAccess.user(config(Map.of("user", "monitor", "password", VERIFIER)))
                .orElseThrow();
        assertThat(user.name()).isEqualTo("monitor");
        write(VERIFIER + "\n", "rw-------");
        assertThat(ConsoleAccess.user(withFile()).orElseThrow().password().salt())
                .isEqualTo(user.password().salt());
    }

    @Test
    void aPlainPasswordMayStandInAFileThatIsItsOwnersAlone() throws Exception {
        write("secret\nanother line", "rw-------");
        assertThat(ConsoleAccess.user(withFile())).isPresent();
        write("secret", "rw-r-----");
        assertInvalid(withFile(), "a file that nobody but its owner may read (chmod 0600)");
    }

    @Test
    void whatDoesNotFitIsOneClearError() throws Exception {
        assertInvalid(config(Map.of("password", VERIFIER)), "user: ", "the name of who may use the console");
        assertInvalid(config(Map.of("user", "u")), "either password or password_file, for u");
        assertInvalid(
                config(Map.of("user", "u", "password", VERIFIER, "password_file", "/x")),
                "either password or password_file");
        assertInvalid(
                config(Map.of("user", "u", "password", "secret")),
                "********",
                "a plain password belongs into a password_file");
        assertInvalid(withFile(), "a file that can be read", "NoSuchFile");
        write("", "rw-------");
        assertInvalid(withFile(), "a password of ASCII characters");
        write("geheim\u00fc", "rw-------");
        assertInvalid(withFile(), "a password of ASCII characters");
        write("SCRAM-SHA-256$x", "rw-------");
        assertInvalid(withFile(), "a SCRAM verifier as in pg_authid.rolpassword in its first line");
    }

    @Test
    void aBadSettingIsToldOnceWithoutTheSecretAndLetsNobodyIn() {
        RecordingLog log = new RecordingLog();
        assertThat(new ConsoleAccess(log, config(Map.of("user", "u", "password", "hidden"))).user())
                .isEmpty();
        assertThat(log.texts(Message.INVALID_SETTING))
                .singleElement()
                .asString()
                .startsWith("org.conmgr.console: password: ********")
                .doesNotContain("hidden");
    }

    @Test
    void anEditThatDoesNotFitLocksNobodyOut() {
        RecordingLog log = new RecordingLog();
        ConsoleAccess access = new ConsoleAccess(log, config(Map.of("user", "monitor", "password", VERIFIER)));
        access.modified(config(Map.of("user", "other", "password", "hidden")));
        assertThat(access.user().orElseThrow().name()).isEqualTo("monitor");
        assertThat(log.texts(Message.INVALID_SETTING)).hasSize(1);
        access.modified(config(Map.of()));
        assertThat(access.user()).isEmpty();
    }

    private static void assertInvalid(ConsoleConfig config, String... words) {
        assertThatThrownBy(() -> ConsoleAccess.user(config))
                .isInstanceOf(InvalidSetting.class)
                .message()
                .contains(words);
    }
}
