package org.conmgr.heartbeat.internal.security;

import java.nio.file.Path;
import java.util.List;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** The validated PID {@code org.conmgr.auth} as an internal service; the secret is read anew when its file changes. */
@Component(service = AuthSettings.class, configurationPid = AuthSettings.PID)
@Designate(ocd = AuthConfig.class)
public final class AuthSettings implements FileSettings {
    static final String PID = "org.conmgr.auth";

    private enum Auth {
        REQUIRED,
        TRUST
    }

    private final boolean trust;
    private final @Nullable Reloading<SharedSecret> secret;
    private final @Nullable String invalid;

    @Activate
    public AuthSettings(AuthConfig config, @Reference MessageLog log) {
        Auth auth = Auth.REQUIRED;
        Reloading<SharedSecret> read = null;
        String problem = null;
        try {
            auth = Setting.word("auth", config.auth(), Auth.class);
            if (!config.secret__file().isBlank()) {
                Path file = TlsSettings.path("secret_file", config.secret__file());
                read = new Reloading<>(PID, List.of(file), () -> SharedSecret.read(file), log);
            }
        } catch (InvalidSetting e) {
            problem = e.getMessage();
            log.log(Message.INVALID_SETTING, PID, problem);
        }
        trust = auth == Auth.TRUST;
        secret = read;
        invalid = problem;
    }

    boolean trust() {
        return trust;
    }

    /** Null for none, and while it is not valid. */
    @Nullable
    SharedSecret secret() {
        return secret == null ? null : secret.current();
    }

    @Override
    public @Nullable String invalid() {
        return invalid != null || secret == null ? invalid : secret.problem();
    }

    @Override
    public void look(Runnable usable) {
        if (secret != null) {
            secret.look(usable);
        }
    }
}
