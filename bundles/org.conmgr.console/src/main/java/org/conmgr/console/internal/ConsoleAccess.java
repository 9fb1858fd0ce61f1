package org.conmgr.console.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Who may use the console from other hosts. Apart from {@link ConsoleAdapter}, so that new settings close no
 * connection: they are for the next one. Settings that cannot be used change nothing, hence a {@code Modified} method.
 */
@Component(service = ConsoleAccess.class, configurationPid = ConsoleAccess.PID)
@Designate(ocd = ConsoleConfig.class)
public final class ConsoleAccess {
    /**
     * The one user there is.
     *
     * @param name as the StartupMessage has it
     */
    record User(String name, ScramVerifier password) {}

    static final String PID = "org.conmgr.console";

    private static final int MAX_LINE = 1024;

    private final MessageLog log;
    private volatile Optional<User> user = Optional.empty();

    @Activate
    public ConsoleAccess(@Reference MessageLog log, ConsoleConfig config) {
        this.log = log;
        apply(config);
    }

    @Modified
    void modified(ConsoleConfig config) {
        apply(config);
    }

    private void apply(ConsoleConfig config) {
        try {
            user = user(config);
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, PID, String.valueOf(e.getMessage()));
        }
    }

    /** Empty when nobody may, also while there have been no settings that can be used. */
    Optional<User> user() {
        return user;
    }

    /** @throws InvalidSetting for the first key that does not fit */
    static Optional<User> user(ConsoleConfig config) {
        String name = config.user().strip();
        String password = config.password().strip();
        String file = config.password__file().strip();
        if (name.isEmpty() && password.isEmpty() && file.isEmpty()) {
            return Optional.empty();
        }
        if (name.isEmpty()) {
            throw new InvalidSetting("user", "", "the name of who may use the console");
        }
        if (password.isEmpty() == file.isEmpty()) {
            throw new InvalidSetting(
                    "password", password.isEmpty() ? "" : "********", "either password or password_file, for " + name);
        }
        return Optional.of(new User(name, file.isEmpty() ? verifier(password) : ofFile(Path.of(file))));
    }

    private static ScramVerifier verifier(String password) {
        return ScramVerifier.parse(password)
                .orElseThrow(() -> new InvalidSetting(
                        "password",
                        "********",
                        "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, as in pg_authid.rolpassword; a plain"
                                + " password belongs into a password_file"));
    }

    private static ScramVerifier ofFile(Path file) {
        String line = firstLine(file);
        if (line.startsWith(ScramVerifier.PREFIX)) {
            return ScramVerifier.parse(line)
                    .orElseThrow(() -> invalid(file, "a SCRAM verifier as in pg_authid.rolpassword in its first line"));
        }
        // Others would have to be normalized by SASLprep first, as each client does in its own way.
        if (line.isEmpty() || !line.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            throw invalid(file, "a password of ASCII characters, or a SCRAM verifier, in its first line");
        }
        return ScramVerifier.ofPassword(line);
    }

    private static String firstLine(Path file) {
        try {
            if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
                if (Stream.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ)
                        .anyMatch(permissions::contains)) {
                    throw invalid(file, "a file that nobody but its owner may read (chmod 0600)");
                }
            }
            try (var in = Files.newInputStream(file)) {
                String text = new String(in.readNBytes(MAX_LINE), StandardCharsets.UTF_8);
                return text.lines().findFirst().orElse("");
            }
        } catch (IOException e) {
            throw invalid(file, "a file that can be read: " + e);
        }
    }

    private static InvalidSetting invalid(Path file, String expected) {
        return new InvalidSetting("password_file", file.toString(), expected);
    }
}
