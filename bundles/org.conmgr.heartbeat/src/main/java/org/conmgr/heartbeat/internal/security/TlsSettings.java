package org.conmgr.heartbeat.internal.security;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** The validated PID {@code org.conmgr.tls} as an internal service; its files are read anew when they change. */
@Component(service = TlsSettings.class, configurationPid = TlsSettings.PID)
@Designate(ocd = TlsConfig.class)
public final class TlsSettings implements FileSettings {
    static final String PID = "org.conmgr.tls";

    private static final Duration NOTICE = Duration.ofDays(14);

    private final @Nullable Reloading<MutualTls> tls;
    private final Set<String> allowedNames;
    private final @Nullable String invalid;

    @Activate
    public TlsSettings(TlsConfig config, @Reference MessageLog log) {
        Reloading<MutualTls> loaded = null;
        String problem = null;
        try {
            loaded = open(config, log);
        } catch (InvalidSetting e) {
            problem = e.getMessage();
            log.log(Message.INVALID_SETTING, PID, problem);
        }
        tls = loaded;
        invalid = problem;
        allowedNames = names(config.allowed__names());
    }

    private static @Nullable Reloading<MutualTls> open(TlsConfig config, MessageLog log) {
        if (config.certificate().isBlank()
                && config.key().isBlank()
                && config.ca().isBlank()) {
            if (!config.allowed__names().isBlank()) {
                throw new InvalidSetting("allowed_names", config.allowed__names(), "certificate, key and ca beside it");
            }
            return null;
        }
        Path certificate = path("certificate", config.certificate());
        Path key = path("key", config.key());
        Path ca = path("ca", config.ca());
        return new Reloading<>(
                PID,
                List.of(certificate, key, ca),
                () -> {
                    MutualTls read = MutualTls.load(certificate, key, ca);
                    if (read.validUntil().isBefore(Instant.now().plus(NOTICE))) {
                        log.log(
                                Message.CERTIFICATE_EXPIRES,
                                PID,
                                certificate,
                                read.validUntil().truncatedTo(ChronoUnit.SECONDS));
                    }
                    return read;
                },
                log);
    }

    static Path path(String key, String text) {
        if (text.isBlank()) {
            throw new InvalidSetting(key, "", "a file: certificate, key and ca go together");
        }
        try {
            return Path.of(text.strip());
        } catch (InvalidPathException e) {
            throw new InvalidSetting(key, text, "a file");
        }
    }

    private static Set<String> names(String text) {
        Set<String> names = new LinkedHashSet<>();
        for (String one : text.split(",", -1)) {
            if (!one.isBlank()) {
                names.add(one.strip().toLowerCase(Locale.ROOT));
            }
        }
        return Set.copyOf(names);
    }

    /** Null for no TLS, and while it is not valid. */
    @Nullable
    MutualTls tls() {
        return tls == null ? null : tls.current();
    }

    /** In lower case; empty for all. */
    Set<String> allowedNames() {
        return allowedNames;
    }

    @Override
    public @Nullable String invalid() {
        return invalid != null || tls == null ? invalid : tls.problem();
    }

    @Override
    public void look(Runnable usable) {
        if (tls != null) {
            tls.look(usable);
        }
    }
}
